#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/io/descriptor.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

class TlsIdentity;

/// A request as a server got it.
struct ServedRequest {
  std::string method;
  std::string path;
  std::string query;                           ///< as it came, without the '?'
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;

  /// A value of the query, or of a form in the body, unescaped; empty when it is not there.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::string header(const std::string& name) const;
};

struct ServedAnswer {
  /// How it goes over the wire.
  enum class Way {
    whole,      ///< with its length
    chunked,    ///< in chunks of a few bytes
    until_end,  ///< without a length; the end of the connection is its end
    cut,        ///< with its length, and the connection ends in the middle
    dropped,    ///< the connection ends without a byte
    silent,     ///< nothing, until whoever asked goes away
    bare,       ///< the body alone, without a word of HTTP
  };

  int status = 200;
  std::string body;
  std::vector<std::string> headers;
  Way way = Way::whole;
};

/// A web server on 127.0.0.1, for a device's side of the wire: one connection at a time, one request each, as small
/// devices do. It ends with the test.
class HttpServer {
 public:
  using Answer = std::function<ServedAnswer(const ServedRequest&)>;

  /// `answer` is called on the server's thread.
  explicit HttpServer(Answer answer, const TlsIdentity* identity = nullptr);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  [[nodiscard]] int port() const { return port_; }
  /// "http://127.0.0.1:43210"
  [[nodiscard]] std::string url() const;
  /// What it was asked, in order: "PATCH /api/v1/gpio/0".
  [[nodiscard]] std::vector<std::string> asked() const;
  [[nodiscard]] std::vector<ServedRequest> requests() const;
  /// Returns when `count` requests have come in; throws when they do not come.
  void await_request(std::size_t count) const;

 private:
  class Connection;
  void serve();
  void serve_one(Descriptor client);

  Answer answer_;
  const TlsIdentity* identity_;
  Wake end_;
  int port_ = 0;  // before the listener, which finds it
  Descriptor listener_;
  mutable std::mutex mutex_;  // guards requests_
  mutable std::condition_variable came_;
  std::vector<ServedRequest> requests_;
  std::thread thread_;
};

/// A port of 127.0.0.1 on which nobody listens.
int closed_port();

}  // namespace coldboot
