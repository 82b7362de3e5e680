#include "tests/vm/kernel_usb.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <endian.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/io/descriptor.hpp"
#include "tests/cli/program.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

const std::filesystem::path controller = "/sys/devices/platform/vhci_hcd.0";
constexpr auto back_after = 30ms;  // a device that fell off the bus by itself
constexpr std::size_t setup_size = 8;

// Linux, Documentation/usb/usbip_protocol.rst. All words are big endian; the setup packet is as on the wire of USB.
enum Command : std::uint32_t { submit = 1, unlink_request = 2, submitted = 3, unlinked = 4 };
struct Header {
  std::uint32_t command = 0;
  std::uint32_t number = 0;
  std::uint32_t device = 0;
  std::uint32_t in = 0;
  std::uint32_t endpoint = 0;
  std::array<std::uint32_t, 5>
      words{};  // submit: flags, length; submitted: status, length; unlink: number; unlinked: status
  std::array<std::uint8_t, setup_size> setup{};
};
static_assert(sizeof(Header) == 48);

/// Both ways alike.
Header swapped(Header header) {
  for (std::uint32_t* word : {&header.command, &header.number, &header.device, &header.in, &header.endpoint})
    *word = htobe32(*word);
  for (std::uint32_t& word : header.words) word = htobe32(word);
  return header;
}

std::uint32_t status_word(UsbModel::Status status) {
  switch (status) {
    case UsbModel::Status::stall: return static_cast<std::uint32_t>(-EPIPE);
    case UsbModel::Status::disturbed: return static_cast<std::uint32_t>(-EPROTO);
    default: return 0;
  }
}

/// Their words in linux/usb/ch9.h.
int speed_of(const std::string& megabits) {
  return megabits == "1.5" ? 1 : megabits == "12" ? 2 : 3;
}

bool read_all(int from, void* bytes, std::size_t size) {
  return size == 0 || ::recv(from, bytes, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

/// What every device answers alike (USB 2.0, 9.4). Nothing: the model is asked.
std::optional<UsbModel::Answer> standard_answer(const UsbModel& model, const UsbModel::Setup& setup) {
  const auto part = [&](std::vector<std::uint8_t> bytes) {
    if (bytes.size() > setup.length) bytes.resize(setup.length);
    return UsbModel::Answer{.data = std::move(bytes)};
  };
  constexpr std::size_t device_descriptor = 18;
  const auto descriptors = model.descriptors();
  if ((setup.request_type & 0x60U) != 0) return std::nullopt;
  if (setup.request == 6) {
    switch (setup.value >> 8U) {
      case 1: return part({descriptors.begin(), descriptors.begin() + device_descriptor});
      case 2: return part({descriptors.begin() + device_descriptor, descriptors.end()});
      case 3: return std::nullopt;
      case 0x22: return part(model.report_descriptor());
      default: return UsbModel::Answer{UsbModel::Status::stall};
    }
  }
  if (setup.request == 0) return part({0, 0});
  return UsbModel::Answer{};  // configurations, interfaces, features: as the host likes
}

bool port_is_free(int port) {
  std::ifstream status(controller / "status");
  std::string line;
  std::getline(status, line);  // its head
  for (int i = 0; i < port; ++i) std::getline(status, line);
  return line.find(fmt::format("{:04} 004", port - 1)) != std::string::npos;
}

}  // namespace

/// One device in its port: a thread that answers the kernel.
class KernelUsb::Plug {
 public:
  Plug(UsbModel& model, int port)
      : model_(model),
        port_(port),
        news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this](const std::stop_token& stop) {
          const std::stop_callback at_stop(stop, [this] { news(); });
          live(stop);
        }) {}
  ~Plug() {
    thread_.request_stop();
    thread_.join();
  }
  Plug(const Plug&) = delete;
  Plug& operator=(const Plug&) = delete;

  void news() const { ::eventfd_write(news_.get(), 1); }

 private:
  struct Request {
    Header header;
    std::vector<std::uint8_t> data;
    std::optional<UsbModel::Answer> answer;  ///< nothing yet
    Time::time_point ready;
  };

  void live(const std::stop_token& stop) {
    do {
      model_.plugged_in();
      const Descriptor line = attach();
      serve(line.get(), stop);
      waiting_.clear();
      ::shutdown(line.get(), SHUT_RDWR);
      if (!becomes_true([this] { return port_is_free(port_); })) return;
      if (!stop.stop_requested() && model_.comes_back()) ::poll(nullptr, 0, back_after / 1ms);
    } while (!stop.stop_requested() && model_.comes_back());
    model_.pulled_out();
  }

  /// Gives the kernel one end of a line and returns the other.
  [[nodiscard]] Descriptor attach() const {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("no line");
    const Descriptor theirs(ends[1]);
    std::ofstream(controller / "attach") << fmt::format("{} {} {} {}", port_ - 1, theirs.get(), 0x10000 + port_,
                                                        speed_of(model_.identity().speed));
    return Descriptor(ends[0]);
  }

  void serve(int line, const std::stop_token& stop) {
    while (!stop.stop_requested() && !model_.is_gone()) {
      std::array<pollfd, 2> on{{{line, POLLIN, 0}, {news_.get(), POLLIN, 0}}};
      ::poll(on.data(), on.size(), time_left());
      eventfd_t ignored = 0;
      ::eventfd_read(news_.get(), &ignored);
      if (on[0].revents != 0 && !take(line)) return;
      answer_what_is_ready(line);
    }
  }

  [[nodiscard]] int time_left() const {
    auto soonest = Time::time_point::max();
    for (const Request& request : waiting_) {
      if (request.answer) soonest = std::min(soonest, request.ready);
    }
    if (soonest == Time::time_point::max()) return -1;
    return std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(soonest - Time::now()).count()));
  }

  /// False when the kernel hung up.
  bool take(int line) {
    Request request;
    if (!read_all(line, &request.header, sizeof request.header)) return false;
    request.header = swapped(request.header);
    if (request.header.command == unlink_request) return give_up(line, request.header);
    if (request.header.in == 0) {
      request.data.resize(request.header.words[1]);
      if (!read_all(line, request.data.data(), request.data.size())) return false;
    }
    waiting_.push_back(std::move(request));
    return true;
  }

  bool give_up(int line, const Header& wanted) {
    const auto found = std::ranges::find(waiting_, wanted.words[0], [](const Request& r) { return r.header.number; });
    Header answer{.command = unlinked, .number = wanted.number};
    if (found != waiting_.end()) {
      answer.words[0] = static_cast<std::uint32_t>(-ECONNRESET);
      waiting_.erase(found);
    }
    send(line, answer, {});
    return true;
  }

  void answer_what_is_ready(int line) {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (!it->answer) ask(*it);
      if (!it->answer || it->ready > Time::now()) {
        ++it;
        continue;
      }
      if (it->answer->status == UsbModel::Status::gone) return;
      reply(line, *it);
      it = waiting_.erase(it);
    }
  }

  /// A request that gets no answer is kept: by an endpoint it is asked again with the next news.
  void ask(Request& request) {
    const Header& header = request.header;
    UsbModel::Answer answer;
    if (header.endpoint == 0) {
      const auto word = [&](std::size_t at) {
        return static_cast<std::uint16_t>(header.setup[at] | header.setup[at + 1] << 8U);
      };
      const UsbModel::Setup setup{header.setup[0], header.setup[1], word(2), word(4), word(6)};
      const auto standard = standard_answer(model_, setup);
      answer = standard ? *standard : model_.control(setup, request.data);
    } else {
      const auto address = static_cast<std::uint8_t>(header.endpoint | (header.in != 0 ? 0x80U : 0U));
      answer = model_.transfer(address, request.data, header.words[1]);
    }
    if (answer.status == UsbModel::Status::no_answer) return;
    request.ready = Time::now() + answer.after;
    request.answer = std::move(answer);
  }

  static void reply(int line, const Request& request) {
    const bool in = request.header.in != 0;
    const auto& answer = *request.answer;
    Header header{.command = submitted, .number = request.header.number};
    header.words[0] = status_word(answer.status);
    if (header.words[0] == 0)
      header.words[1] = static_cast<std::uint32_t>(in ? answer.data.size() : request.data.size());
    send(line, header, in && header.words[0] == 0 ? answer.data : std::vector<std::uint8_t>());
  }

  static void send(int line, const Header& header, const std::vector<std::uint8_t>& data) {
    const Header wire = swapped(header);
    std::vector<std::uint8_t> bytes(sizeof wire);
    std::memcpy(bytes.data(), &wire, sizeof wire);
    bytes.insert(bytes.end(), data.begin(), data.end());
    (void)::send(line, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  UsbModel& model_;
  const int port_;
  const Descriptor news_;
  std::deque<Request> waiting_;  // of the thread alone
  std::jthread thread_;
};

KernelUsb::KernelUsb() = default;
KernelUsb::~KernelUsb() {
  while (!plugs_.empty()) unplug(plugs_.begin()->first);
}

std::string KernelUsb::place_of(int port) {
  return fmt::format("1-{}", port);
}

void KernelUsb::plug(UsbModel& model, int port) {
  plugs_[port] = std::make_unique<Plug>(model, port);
  const std::string driver = fmt::format("/sys/bus/usb/devices/{}:1.0/driver", place_of(port));
  EXPECT_TRUE(becomes_true([&] { return std::filesystem::exists(driver); })) << driver;
}

void KernelUsb::unplug(int port) {
  plugs_.erase(port);
  const std::string device = "/sys/bus/usb/devices/" + place_of(port);
  EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(device); })) << device;
}

void KernelUsb::news(int port) {
  plugs_.at(port)->news();
}

}  // namespace coldboot
