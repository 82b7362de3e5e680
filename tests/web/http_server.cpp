#include "tests/web/http_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "tests/web/tls.hpp"

namespace coldboot {
namespace {

Wake new_wake() {
  auto wake = Wake::make();
  if (!wake) throw std::runtime_error(wake.error().text());
  return std::move(*wake);
}

/// A socket of 127.0.0.1 with a port of its own.
Descriptor bound_socket(int& port) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no port of 127.0.0.1");
  socklen_t length = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

std::string field_of(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (unescaped(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? "" : unescaped(pair.substr(equals + 1));
  }
  return {};
}

/// The start line and the headers, without the empty line.
ServedRequest request_of(const std::string& head) {
  ServedRequest request;
  const std::string line = head.substr(0, head.find("\r\n"));
  const std::size_t target = line.find(' ') + 1;
  request.method = line.substr(0, target - 1);
  const std::string uri = line.substr(target, line.find(' ', target) - target);
  request.path = uri.substr(0, uri.find('?'));
  if (request.path.size() < uri.size()) request.query = uri.substr(request.path.size() + 1);
  for (std::size_t at = line.size() + 2; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::size_t colon = head.find(':', at);
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    if (colon < end) request.headers[lower(head.substr(at, colon - at))] = head.substr(value, end - value);
    at = end + 2;
  }
  return request;
}

std::string chunks_of(const std::string& body) {
  constexpr std::size_t piece = 7;
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const std::string part = body.substr(at, piece);
    chunks += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
  }
  return chunks + "0\r\n\r\n";
}

std::string text_of(const ServedAnswer& answer) {
  using Way = ServedAnswer::Way;
  if (answer.way == Way::bare) return answer.body;
  std::string text = fmt::format("HTTP/1.1 {} Some Words\r\nConnection: close\r\n", answer.status);
  for (const std::string& header : answer.headers) text += header + "\r\n";
  if (answer.way == Way::chunked) return text + "Transfer-Encoding: chunked\r\n\r\n" + chunks_of(answer.body);
  if (answer.way == Way::until_end) return text + "\r\n" + answer.body;
  text += fmt::format("Content-Length: {}\r\n\r\n", answer.body.size());
  return text + (answer.way == Way::cut ? answer.body.substr(0, answer.body.size() / 2) : answer.body);
}

}  // namespace

std::string ServedRequest::field(std::string_view name) const {
  const std::string value = field_of(query, name);
  return value.empty() ? field_of(body, name) : value;
}

std::string ServedRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

/// One client: waits for it and for the server's end, whichever comes first.
class HttpServer::Connection {
 public:
  Connection(int client, int end, const TlsIdentity* identity) : client_(client), end_(end) {
    if (identity != nullptr && readable()) session_ = identity->accept(client_);
    good_ = identity == nullptr || session_ != nullptr;
  }

  /// The whole request; nothing when the client went away first.
  std::optional<ServedRequest> read_request() {
    std::size_t head = std::string::npos;
    while ((head = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
      if (std::isupper(static_cast<unsigned char>(bytes_[0])) == 0) return no_request();
    }
    ServedRequest request = request_of(bytes_.substr(0, head));
    const std::string length = request.header("content-length");
    const std::size_t whole = head + 4 + (length.empty() ? 0 : std::stoul(length));
    while (bytes_.size() < whole) {
      if (!read_more()) return std::nullopt;
    }
    request.body = bytes_.substr(head + 4, whole - head - 4);
    return request;
  }

  void write(const std::string& text) {
    if (session_ != nullptr) {
      session_->write(text.data(), text.size());
      return;
    }
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count = ::send(client_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }

  void await_hang_up() {
    while (read_more()) {
    }
  }

 private:
  std::optional<ServedRequest> no_request() {
    write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return std::nullopt;
  }

  [[nodiscard]] bool readable() const {
    std::array<pollfd, 2> waiting{pollfd{client_, POLLIN, 0}, pollfd{end_, POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    return waiting[1].revents == 0;
  }

  bool read_more() {
    if (!good_ || !readable()) return false;
    std::array<char, 4096> buffer{};
    const ssize_t count = session_ != nullptr ? session_->read(buffer.data(), buffer.size())
                                              : ::read(client_, buffer.data(), buffer.size());
    if (count <= 0) return false;
    bytes_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  int client_;
  int end_;
  std::unique_ptr<TlsIdentity::Session> session_;
  bool good_ = false;
  std::string bytes_;
};

HttpServer::HttpServer(Answer answer, const TlsIdentity* identity)
    : answer_(std::move(answer)), identity_(identity), end_(new_wake()), listener_(bound_socket(port_)) {
  if (::listen(listener_.get(), 16) != 0) throw std::runtime_error("cannot listen on 127.0.0.1");
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  end_.ring();
  thread_.join();
}

std::string HttpServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", identity_ == nullptr ? "http" : "https", port_);
}

std::vector<ServedRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> HttpServer::asked() const {
  std::vector<std::string> lines;
  for (const ServedRequest& request : requests()) {
    lines.push_back(request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query));
  }
  return lines;
}

void HttpServer::await_request(std::size_t count) const {
  std::unique_lock lock(mutex_);
  if (!came_.wait_for(lock, std::chrono::seconds(30), [&] { return requests_.size() >= count; }))
    throw std::runtime_error("no request has come in half a minute");
}

void HttpServer::serve() {
  sigset_t pipe{};  // what TLS writes to a client that has gone raises it
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (true) {
    std::array<pollfd, 2> waiting{pollfd{listener_.get(), POLLIN, 0}, pollfd{end_.descriptor(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.is_open()) serve_one(std::move(client));
  }
}

void HttpServer::serve_one(Descriptor client) {
  Connection connection(client.get(), end_.descriptor(), identity_);
  const auto request = connection.read_request();
  if (!request) return;
  const ServedAnswer answer = answer_(*request);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(*request);
    came_.notify_all();
  }
  if (answer.way == ServedAnswer::Way::silent) return connection.await_hang_up();
  if (answer.way != ServedAnswer::Way::dropped) connection.write(text_of(answer));
}

int closed_port() {
  int port = 0;
  const Descriptor gone = bound_socket(port);
  return port;
}

}  // namespace coldboot
