#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/web/http_server.hpp"

namespace coldboot {

/// The contacts behind an outlet's web server, counted from 1.
struct Contacts {
  int count = 4;
  std::map<int, bool> closed;
  std::map<int, int> closings;  ///< how often each was closed
  std::set<int> stuck;          ///< these stay as they are

  [[nodiscard]] bool has(int channel) const { return channel >= 1 && channel <= count; }
  [[nodiscard]] bool is_closed(int channel) const {
    const auto found = closed.find(channel);
    return found != closed.end() && found->second;
  }
  void put(int channel, bool close) {
    if (!has(channel) || stuck.contains(channel)) return;
    if (close && !is_closed(channel)) ++closings[channel];
    closed[channel] = close;
  }
};

/// A device with outlets: one family's requests and answers over contacts, and what can go wrong on the way.
class OutletServer {
 public:
  using Dialect = std::function<ServedAnswer(const ServedRequest& request, Contacts& contacts)>;

  enum class Trouble {
    none,
    page,                   ///< a page of something else, with status 200
    nonsense,               ///< bytes of no sense, with status 200
    not_allowed,            ///< status 403
    overloaded,             ///< status 503
    hangs_up,               ///< before it did anything
    hangs_up_after_acting,  ///< with the change made
    silent,
  };

  explicit OutletServer(Dialect dialect, int count = 4, const TlsIdentity* identity = nullptr)
      : dialect_(std::move(dialect)),
        contacts_{.count = count},
        server_([this](const ServedRequest& request) { return answer(request); }, identity) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> asked() const { return server_.asked(); }
  [[nodiscard]] std::vector<ServedRequest> requests() const { return server_.requests(); }

  [[nodiscard]] bool is_closed(int channel) const {
    const std::lock_guard lock(mutex_);
    return contacts_.is_closed(channel);
  }
  [[nodiscard]] int times_closed(int channel) const {
    const std::lock_guard lock(mutex_);
    const auto found = contacts_.closings.find(channel);
    return found == contacts_.closings.end() ? 0 : found->second;
  }
  void put(int channel, bool closed) {
    const std::lock_guard lock(mutex_);
    contacts_.put(channel, closed);
  }
  void stick(int channel) {
    const std::lock_guard lock(mutex_);
    contacts_.stuck.insert(channel);
  }
  /// Of every request from now on.
  void put_trouble(Trouble trouble) {
    const std::lock_guard lock(mutex_);
    trouble_ = trouble;
  }
  /// How answers go over the wire from now on.
  void put_way(ServedAnswer::Way way) {
    const std::lock_guard lock(mutex_);
    way_ = way;
  }

 private:
  ServedAnswer answer(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    switch (trouble_) {
      case Trouble::page: return {.body = "<html><title>Router</title></html>"};
      case Trouble::nonsense: return {.body = std::string("{\"\0\xff[[[[", 8)};
      case Trouble::not_allowed: return {.status = 403, .body = "no"};
      case Trouble::overloaded: return {.status = 503, .body = "later"};
      case Trouble::hangs_up: return {.way = ServedAnswer::Way::dropped};
      case Trouble::silent: return {.way = ServedAnswer::Way::silent};
      case Trouble::none:
      case Trouble::hangs_up_after_acting: break;
    }
    ServedAnswer answer = dialect_(request, contacts_);
    answer.way = trouble_ == Trouble::hangs_up_after_acting ? ServedAnswer::Way::dropped : way_;
    return answer;
  }

  Dialect dialect_;
  mutable std::mutex mutex_;  // guards all below but the server
  Contacts contacts_;
  Trouble trouble_ = Trouble::none;
  ServedAnswer::Way way_ = ServedAnswer::Way::whole;
  HttpServer server_;  // last: it ends first
};

}  // namespace coldboot
