#include "drivers/qemu/qmp.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using Json = nlohmann::json;
using Message = QmpReader::Message;
using namespace std::chrono_literals;

constexpr std::size_t longest_line = std::size_t{1} << 20U;
constexpr Nanos glance = 50ms;  // how often a stop request is looked for while QEMU is silent

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Message> message_of(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) {
    return Fault(Cause::protocol, "", fmt::format("found {}, expected a QMP message", printable_line(line)));
  }
  Message message;
  if (json.contains("QMP")) {
    message.kind = Message::Kind::greeting;
  } else if (json.contains("event")) {
    message.kind = Message::Kind::event;
    message.event.name = text_at(json, "event");
    if (const auto data = json.find("data"); data != json.end() && data->is_object()) {
      message.event.reason = text_at(*data, "reason");
    }
  } else if (const auto error = json.find("error"); error != json.end()) {
    message.kind = Message::Kind::refusal;
    message.text = error->is_object() ? text_at(*error, "desc") : std::string();
  }
  return message;
}

}  // namespace

Result<std::vector<Message>> QmpReader::feed(std::string_view bytes) {
  std::vector<Message> messages;
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    auto message = message_of(std::exchange(line_, {}));
    if (!message) return message.error();
    messages.push_back(std::move(*message));
  }
  line_ += bytes;
  if (line_.size() > longest_line) return Fault(Cause::protocol, "", "found a line without end, expected QMP messages");
  return messages;
}

Qmp::Qmp(Descriptor socket, std::string where, std::function<void(const QmpEvent&)> on_event)
    : socket_(std::move(socket)), where_(std::move(where)), on_event_(std::move(on_event)) {}

Result<void> Qmp::greet(const Until& until) {
  if (auto greeted = wait_for(Message::Kind::greeting, until); !greeted) return greeted;
  return execute("qmp_capabilities", until);
}

Result<void> Qmp::execute(std::string_view command, const Until& until) {
  const std::string line = fmt::format("{{\"execute\": \"{}\"}}\n", command);
  // So short a line fits into any socket's buffer.
  if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return Fault(Cause::lost, where_, fmt::format("QEMU takes no commands: {}", errno_text(errno)));
  }
  return wait_for(Message::Kind::answer, until);
}

Result<void> Qmp::take() {
  auto messages = read_some();
  if (!messages) return messages.error();
  for (const Message& message : *messages) {
    if (message.kind == Message::Kind::event) on_event_(message.event);
  }
  return {};
}

Result<void> Qmp::wait_for(Message::Kind wanted, const Until& until) {
  while (true) {
    auto messages = read_some();
    if (!messages) return messages.error();
    bool answered = false;
    for (const Message& message : *messages) {
      if (message.kind == Message::Kind::event) on_event_(message.event);
      if (message.kind == Message::Kind::refusal) return Fault(Cause::refused, where_, "QEMU: " + message.text);
      answered = answered || message.kind == wanted;
    }
    if (answered) return {};
    if (until.stop.stop_requested()) return Fault(Cause::stopped, where_, "asked to stop");
    const Instant now = std::chrono::steady_clock::now();
    if (now >= until.deadline) return Fault(Cause::timeout, where_, "QEMU gave no answer");
    const Nanos patience = std::min<Nanos>(glance, until.deadline - now);
    pollfd waiting{socket_.get(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(patience).count()));
  }
}

Result<std::vector<Message>> Qmp::read_some() {
  std::vector<Message> all;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return all;
    if (count <= 0) return Fault(Cause::lost, where_, "QEMU has closed its control connection");
    auto messages = reader_.feed({buffer.data(), static_cast<std::size_t>(count)});
    if (!messages) return messages.error().within(where_);
    std::ranges::move(*messages, std::back_inserter(all));
  }
}

}  // namespace coldboot
