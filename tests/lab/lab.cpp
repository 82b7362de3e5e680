#include "tests/lab/lab.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <linux/fs.h>
#include <linux/hidraw.h>
#include <linux/serial.h>
#include <linux/usbdevice_fs.h>
#include <map>
#include <mutex>
#include <optional>
#include <sys/ioctl.h>
#include <thread>
#include <umockdev.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr auto comes_back_after = 30ms;  // a device that fell off the bus by itself
constexpr std::size_t setup_bytes = 8;
constexpr std::uint8_t from_device = 0x80;

/// Lets go of a GObject.
struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
using Data = std::unique_ptr<UMockdevIoctlData, Unref>;

Data resolved(UMockdevIoctlData* data, std::size_t offset, std::size_t length) {
  return Data(umockdev_ioctl_data_resolve(data, offset, length, nullptr));
}

template <class T>
T field(const UMockdevIoctlData* data, std::size_t offset) {
  T value{};
  std::memcpy(&value, data->data + offset, sizeof value);
  return value;
}

template <class T>
void put(UMockdevIoctlData* data, std::size_t offset, T value) {
  umockdev_ioctl_data_update(data, offset, reinterpret_cast<guint8*>(&value), sizeof value);
}

int system_status(UsbModel::Status status) {
  switch (status) {
    case UsbModel::Status::done: return 0;
    case UsbModel::Status::stall: return -EPIPE;
    case UsbModel::Status::disturbed: return -EPROTO;
    case UsbModel::Status::no_answer: return -ETIMEDOUT;
    case UsbModel::Status::gone: return -ENODEV;
  }
  return -EIO;
}

/// What an ioctl comes to: its result, and errno where that is -1.
struct Outcome {
  long result = 0;
  int error = 0;
};
constexpr Outcome failed(int error) {
  return {-1, error};
}

/// Answers the ioctls of one device node.
class Node {
 public:
  Node() : base_(umockdev_ioctl_base_new()) {
    g_signal_connect(base_, "handle-ioctl", G_CALLBACK(&Node::on_ioctl), this);
    g_signal_connect(base_, "handle-write", G_CALLBACK(&Node::on_write), this);
    g_signal_connect(base_, "handle-read", G_CALLBACK(&Node::on_read), this);
    g_signal_connect(base_, "client-vanished", G_CALLBACK(&Node::on_vanished), this);
  }
  virtual ~Node() { g_object_unref(base_); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] UMockdevIoctlBase* base() const { return base_; }

 protected:
  virtual Outcome ioctl(UMockdevIoctlClient* client, unsigned long request, UMockdevIoctlData* arg) = 0;
  virtual std::optional<Outcome> write(std::span<const std::uint8_t> /*bytes*/) { return std::nullopt; }
  virtual void vanished(UMockdevIoctlClient* /*client*/) {}

 private:
  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    const Outcome outcome = static_cast<Node*>(self)->ioctl(client, umockdev_ioctl_client_get_request(client),
                                                            umockdev_ioctl_client_get_arg(client));
    umockdev_ioctl_client_complete(client, outcome.result, outcome.error);
    return TRUE;
  }
  static gboolean on_write(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    UMockdevIoctlData* const data = umockdev_ioctl_client_get_arg(client);
    const auto outcome = static_cast<Node*>(self)->write({data->data, static_cast<std::size_t>(data->data_len)});
    if (!outcome) return FALSE;
    umockdev_ioctl_client_complete(client, outcome->result, outcome->error);
    return TRUE;
  }
  static gboolean on_read(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer) { return FALSE; }
  static void on_vanished(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    static_cast<Node*>(self)->vanished(client);
  }

  UMockdevIoctlBase* base_;
};

/// /dev/bus/usb/BUS/DEVICE: what libusb talks to (linux/usbdevice_fs.h).
class UsbNode final : public Node {
 public:
  UsbNode(UsbModel& model, std::function<void()> used) : model_(model), used_(std::move(used)) {}

 private:
  struct Urb {
    Data data;
    Data buffer;
    Time::time_point ready;
    int status = 0;
    std::vector<std::uint8_t> received;
    bool never = false;
  };

  static bool is_control(const Urb& urb) {
    return field<unsigned char>(urb.data.get(), offsetof(usbdevfs_urb, type)) == USBDEVFS_URB_TYPE_CONTROL;
  }
  static unsigned char endpoint_of(const Urb& urb) {
    return field<unsigned char>(urb.data.get(), offsetof(usbdevfs_urb, endpoint));
  }
  static std::size_t length_of(const Urb& urb) {
    return static_cast<std::size_t>(field<int>(urb.data.get(), offsetof(usbdevfs_urb, buffer_length)));
  }

  Outcome ioctl(UMockdevIoctlClient* client, unsigned long request, UMockdevIoctlData* arg) override {
    if (model_.is_gone()) return failed(ENODEV);
    switch (request) {
      case USBDEVFS_GET_CAPABILITIES: {
        const Data value = resolved(arg, 0, sizeof(std::uint32_t));
        put(value.get(), 0, std::uint32_t{USBDEVFS_CAP_ZERO_PACKET});
        return {};
      }
      case USBDEVFS_CLAIMINTERFACE:
      case USBDEVFS_RELEASEINTERFACE:
      case USBDEVFS_DISCONNECT_CLAIM:
      case USBDEVFS_CLEAR_HALT:
      case USBDEVFS_RESET:
      case USBDEVFS_SETCONFIGURATION: return {};
      case USBDEVFS_GETDRIVER:
      case USBDEVFS_IOCTL: return failed(ENODATA);
      case USBDEVFS_SUBMITURB: return submit(client, arg);
      case USBDEVFS_DISCARDURB: return discard(client);
      case USBDEVFS_REAPURB:
      case USBDEVFS_REAPURBNDELAY: return reap(client, arg);
      default: return failed(ENOTTY);
    }
  }

  void vanished(UMockdevIoctlClient* client) override { urbs_.erase(client); }

  Outcome submit(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
    Urb urb{.data = resolved(arg, 0, sizeof(usbdevfs_urb))};
    const std::size_t length = length_of(urb);
    if (length > 0) urb.buffer = resolved(urb.data.get(), offsetof(usbdevfs_urb, buffer), length);
    const UsbModel::Answer answer = is_control(urb)
                                        ? ask({urb.buffer->data, length})
                                        : transfer(endpoint_of(urb), urb.buffer ? urb.buffer->data : nullptr, length);
    urb.ready = Time::now() + answer.after;
    urb.status = system_status(answer.status);
    urb.received = answer.data;
    urb.never = answer.status == UsbModel::Status::no_answer;
    urbs_[client].push_back(std::move(urb));
    used_();
    return model_.is_gone() ? failed(ENODEV) : Outcome{};
  }

  UsbModel::Answer ask(std::span<const std::uint8_t> buffer) {
    const auto word = [&](std::size_t at) { return static_cast<std::uint16_t>(buffer[at] | buffer[at + 1] << 8U); };
    const UsbModel::Setup setup{buffer[0], buffer[1], word(2), word(4), word(6)};
    const bool sends = (setup.request_type & from_device) == 0;
    return model_.control(setup, sends ? buffer.subspan(setup_bytes) : std::span<const std::uint8_t>());
  }

  UsbModel::Answer transfer(std::uint8_t endpoint, const std::uint8_t* bytes, std::size_t length) {
    const bool sends = (endpoint & from_device) == 0;
    return model_.transfer(endpoint, {bytes, sends ? length : 0}, length);
  }

  /// Our clients have one transfer under way at a time, so it need not be found.
  Outcome discard(UMockdevIoctlClient* client) {
    bool any = false;
    for (Urb& urb : urbs_[client]) {
      if (!urb.never && urb.ready <= Time::now()) continue;
      urb.status = -ENOENT;
      urb.received.clear();
      urb.never = false;
      urb.ready = Time::now();
      any = true;
    }
    return any ? Outcome{} : failed(EINVAL);
  }

  Outcome reap(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
    std::deque<Urb>& waiting = urbs_[client];
    const auto ready =
        std::ranges::find_if(waiting, [](const Urb& urb) { return !urb.never && urb.ready <= Time::now(); });
    if (ready == waiting.end()) return failed(EAGAIN);
    const bool control = is_control(*ready);
    const std::size_t offset = control ? setup_bytes : 0;
    const bool receives =
        control ? (ready->buffer->data[0] & from_device) != 0 : (endpoint_of(*ready) & from_device) != 0;
    auto actual = static_cast<int>(receives ? ready->received.size() : length_of(*ready) - offset);
    if (ready->status != 0) actual = 0;
    if (receives && actual > 0) umockdev_ioctl_data_update(ready->buffer.get(), offset, ready->received.data(), actual);
    put(ready->data.get(), offsetof(usbdevfs_urb, status), ready->status);
    put(ready->data.get(), offsetof(usbdevfs_urb, actual_length), actual);
    umockdev_ioctl_data_set_ptr(resolved(arg, 0, sizeof(void*)).get(), 0, ready->data.get());
    waiting.erase(ready);
    return {};
  }

  UsbModel& model_;
  std::function<void()> used_;
  std::map<UMockdevIoctlClient*, std::deque<Urb>> urbs_;
};

/// /dev/hidrawN: the same device as the kernel's HID driver shows it (linux/hidraw.h, drivers/hid/usbhid).
class HidrawNode final : public Node {
 public:
  HidrawNode(UsbModel& model, std::function<void()> used) : model_(model), used_(std::move(used)) {}

 private:
  static constexpr std::uint8_t set_report = 0x09;
  static constexpr std::uint8_t get_report = 0x01;
  static constexpr std::uint16_t output = 0x0200;
  static constexpr std::uint16_t feature = 0x0300;

  Outcome ioctl(UMockdevIoctlClient*, unsigned long request, UMockdevIoctlData* arg) override {
    if (model_.is_gone()) return failed(ENODEV);
    const std::vector<std::uint8_t> report = model_.report_descriptor();
    if (request == HIDIOCGRDESCSIZE) {
      put(resolved(arg, 0, sizeof(int)).get(), 0, static_cast<int>(report.size()));
      return {};
    }
    if (request == HIDIOCGRDESC) {
      hidraw_report_descriptor described{};
      described.size = static_cast<std::uint32_t>(report.size());
      std::ranges::copy(report, described.value);
      put(resolved(arg, 0, sizeof described).get(), 0, described);
      return {};
    }
    const std::size_t length = _IOC_SIZE(request);
    if (_IOC_NR(request) == _IOC_NR(HIDIOCSFEATURE(0))) {
      const Data bytes = resolved(arg, 0, length);
      return send(feature, {bytes->data, length});
    }
    if (_IOC_NR(request) == _IOC_NR(HIDIOCGFEATURE(0))) return receive(resolved(arg, 0, length).get(), length);
    return failed(ENOTTY);
  }

  std::optional<Outcome> write(std::span<const std::uint8_t> bytes) override { return send(output, bytes); }

  /// The first byte is the number of the report, and is not sent where that is 0.
  Outcome send(std::uint16_t type, std::span<const std::uint8_t> bytes) {
    const std::uint8_t number = bytes[0];
    const auto data = number == 0 ? bytes.subspan(1) : bytes;
    const auto answer = model_.control(
        {0x21, set_report, static_cast<std::uint16_t>(type | number), 0, static_cast<std::uint16_t>(data.size())},
        data);
    used_();
    if (answer.status != UsbModel::Status::done) return failed(-system_status(answer.status));
    return {static_cast<long>(bytes.size()), 0};
  }

  Outcome receive(UMockdevIoctlData* bytes, std::size_t length) {
    const std::uint8_t number = bytes->data[0];
    const std::size_t offset = number == 0 ? 1 : 0;
    auto answer = model_.control({0xa1, get_report, static_cast<std::uint16_t>(feature | number), 0,
                                  static_cast<std::uint16_t>(length - offset)},
                                 {});
    used_();
    if (answer.status != UsbModel::Status::done) return failed(-system_status(answer.status));
    umockdev_ioctl_data_update(bytes, offset, answer.data.data(), static_cast<gint>(answer.data.size()));
    return {static_cast<long>(answer.data.size() + offset), 0};
  }

  UsbModel& model_;
  std::function<void()> used_;
};

/// /dev/sdX on a file, which has everything but a disk's length (linux/fs.h).
class DiskNode final : public Node {
 public:
  static constexpr std::uint64_t sequence = 4711;

  explicit DiskNode(std::uint64_t bytes) : bytes_(bytes) {}

 private:
  Outcome ioctl(UMockdevIoctlClient*, unsigned long request, UMockdevIoctlData* arg) override {
    if (request == BLKFLSBUF) return {};
    if (request != BLKGETSIZE64 && request != BLKGETDISKSEQ) return failed(ENOTTY);
    put(resolved(arg, 0, sizeof bytes_).get(), 0, request == BLKGETSIZE64 ? bytes_ : sequence);
    return {};
  }

  std::uint64_t bytes_;
};

/// A tty on a pty, which has everything but the outputs.
class TtyNode final : public Node {
 public:
  [[nodiscard]] int outputs() const { return outputs_; }
  void set_errors(const Lab::LineErrors& errors) {
    const std::lock_guard lock(mutex_);
    errors_ = errors;
  }

 private:
  Outcome ioctl(UMockdevIoctlClient* client, unsigned long request, UMockdevIoctlData* arg) override {
    if (request == TIOCMGET) {
      put(resolved(arg, 0, sizeof(int)).get(), 0, outputs_.load());
      return {};
    }
    if (request == TIOCMBIS || request == TIOCMBIC || request == TIOCMSET) {
      int bits = 0;
      std::memcpy(&bits, resolved(arg, 0, sizeof bits)->data, sizeof bits);
      if (request == TIOCMBIS) outputs_ |= bits;
      if (request == TIOCMBIC) outputs_ &= ~bits;
      if (request == TIOCMSET) outputs_ = bits;
      return {};
    }
    if (request == TIOCGICOUNT) {
      const std::lock_guard lock(mutex_);
      serial_icounter_struct counted{};
      counted.overrun = errors_.overruns;
      counted.buf_overrun = errors_.buffer_overruns;
      counted.frame = errors_.framing;
      counted.parity = errors_.parity;
      put(resolved(arg, 0, sizeof counted).get(), 0, counted);
      return {};
    }
    int error = 0;
    const int result = umockdev_ioctl_client_execute(client, &error, nullptr);
    return {result, error};
  }

  std::mutex mutex_;  // guards errors_
  Lab::LineErrors errors_;
  std::atomic<int> outputs_ = TIOCM_DTR | TIOCM_RTS;  // as the kernel raises them when a port is opened
};

std::string hex(const std::vector<std::uint8_t>& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace

/// The testbed, what is plugged into it, and a thread that takes away what fell off the bus.
class Lab::Bench {
 public:
  Bench() : testbed_(umockdev_testbed_new()), caretaker_([this](const std::stop_token& stop) { take_care(stop); }) {}
  ~Bench() {
    caretaker_.request_stop();
    caretaker_.join();
    while (!plugged_.empty()) unplug(std::string(plugged_.begin()->first));
    while (!ttys_.empty()) unplug_tty(std::string(ttys_.begin()->first));
    g_object_unref(testbed_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void plug(UsbModel& model, const std::string& port) {
    const std::lock_guard lock(mutex_);
    plug_in(model, port);
  }

  void unplug(const std::string& port) {
    const std::lock_guard lock(mutex_);
    take_away(port);
  }

  int plug_tty(const SerialAdapter& adapter) {
    const std::lock_guard lock(mutex_);
    const std::string interface = fmt::format("{}:1.{}", adapter.port, adapter.interface);
    const std::string device = bus_path + adapter.port;
    if (!devices_with_ttys_.contains(adapter.port)) {
      add(
          fmt::format("P: {}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nA: idVendor={}\\n\nA: idProduct={}\\n\n"
                      "A: product={}\\n\n{}\n",
                      device, adapter.vendor, adapter.product, adapter.name,
                      adapter.serial.empty() ? "" : fmt::format("A: serial={}\\n\n", adapter.serial)));
    }
    ++devices_with_ttys_[adapter.port];
    add(fmt::format("P: {}/{}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\nA: bInterfaceNumber={:02}\\n\n\n", device,
                    interface, adapter.interface));
    const bool ftdi = adapter.vendor == "0403";  // which alone has a timer
    add(fmt::format("P: {}/{}/{}\nE: SUBSYSTEM=usb-serial\n{}\n", device, interface, adapter.tty,
                    ftdi ? "A: latency_timer=16\\n\n" : ""));
    Tty tty;
    tty.node = std::make_unique<TtyNode>();
    tty.paths = {fmt::format("{}/{}/{}/tty/{}", device, interface, adapter.tty, adapter.tty),
                 fmt::format("{}/{}/{}", device, interface, adapter.tty), fmt::format("{}/{}", device, interface)};
    const std::string node = "/dev/" + adapter.tty;
    umockdev_testbed_attach_ioctl(testbed_, node.c_str(), tty.node->base(), nullptr);
    add(fmt::format("P: {}\nN: {}\nE: SUBSYSTEM=tty\nE: DEVNAME={}\nL: device=../../../{}\n\n", tty.paths.front(),
                    adapter.tty, node, adapter.tty));
    ttys_[adapter.tty] = std::move(tty);
    port_of_tty_[adapter.tty] = adapter.port;
    return umockdev_testbed_get_dev_fd(testbed_, node.c_str());
  }

  void plug_disk(const CardDisk& disk) {
    const std::lock_guard lock(mutex_);
    const std::string node = "/dev/" + disk_name();
    disk_ = std::make_unique<DiskNode>(disk.bytes);
    umockdev_testbed_attach_ioctl(testbed_, node.c_str(), disk_->base(), nullptr);
    add(
        fmt::format("P: {}\nN: {}\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\nE: DEVNAME={}\nA: dev={}\\n\nA: size=0\\n\n"
                    "A: ro=0\\n\nA: diskseq={}\\n\n\n",
                    disk_path(disk), disk_name(), node, disk.number, DiskNode::sequence));
    const std::filesystem::path file = root() + node;
    if (std::filesystem::exists(card_file())) std::filesystem::copy_file(card_file(), file, overwrite);
    std::filesystem::resize_file(file, disk.bytes);
    constexpr std::uint64_t sector_bytes = 512;  // now the reader has seen its card
    umockdev_testbed_set_attribute(testbed_, disk_path(disk).c_str(), "size",
                                   fmt::format("{}\n", disk.bytes / sector_bytes).c_str());
  }

  void unplug_disk(const CardDisk& disk) {
    const std::lock_guard lock(mutex_);
    if (!disk_) return;
    const std::string node = "/dev/" + disk_name();
    std::filesystem::copy_file(root() + node, card_file(), overwrite);
    remove(disk_path(disk));
    umockdev_testbed_detach_ioctl(testbed_, node.c_str(), nullptr);
    for (const std::string& left : {node, "/dev/.node/" + disk_name(), "/sys/block/" + disk_name()})
      std::filesystem::remove(root() + left);  // umockdev forgets these, and minds when they are there
    retired_.push_back(std::move(disk_));
  }

  [[nodiscard]] std::string content() {
    const std::lock_guard lock(mutex_);
    std::ifstream in(disk_ ? root() + "/dev/" + disk_name() : card_file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void unplug_tty(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = ttys_.find(name);
    if (found == ttys_.end()) return;
    const std::string node = "/dev/" + name;
    for (const std::string& path : found->second.paths) remove(path);
    hang_up(node);
    umockdev_testbed_detach_ioctl(testbed_, node.c_str(), nullptr);
    retired_.push_back(std::move(found->second.node));
    ttys_.erase(found);
    const std::string port = port_of_tty_[name];
    if (--devices_with_ttys_[port] > 0) return;
    devices_with_ttys_.erase(port);
    remove(bus_path + port);
  }

  void set_errors(const std::string& tty, const LineErrors& errors) {
    const std::lock_guard lock(mutex_);
    ttys_.at(tty).node->set_errors(errors);
  }

  [[nodiscard]] int outputs(const std::string& tty) {
    const std::lock_guard lock(mutex_);
    return ttys_.at(tty).node->outputs();
  }

 private:
  struct Plugged {
    UsbModel* model = nullptr;
    int address = 0;
    std::unique_ptr<Node> node;
    std::unique_ptr<Node> hidraw;
  };
  struct Tty {
    std::unique_ptr<TtyNode> node;
    std::vector<std::string> paths;  // innermost first
  };

  static inline const std::string bus_path = "/sys/devices/pci0000:00/usb1/";
  static constexpr auto overwrite = std::filesystem::copy_options::overwrite_existing;

  static std::string disk_path(const CardDisk& disk) {
    return fmt::format("{0}{1}/{1}:1.0/host4/target4:0:0/4:0:0:0/block/{2}", bus_path, disk.port, disk_name());
  }
  [[nodiscard]] std::string root() {
    gchar* const folder = umockdev_testbed_get_root_dir(testbed_);
    std::string path = folder;
    g_free(folder);
    return path;
  }
  [[nodiscard]] std::string card_file() { return root() + "/card"; }

  void add(std::string description) {
    // umockdev's own notation leaves out where sysfs is mounted.
    for (auto at = description.find("P: /sys"); at != std::string::npos; at = description.find("P: /sys", at))
      description.erase(at + 3, 4);
    GError* error = nullptr;
    if (umockdev_testbed_add_from_string(testbed_, description.c_str(), &error) == FALSE)
      throw std::runtime_error(fmt::format("umockdev: {}\n{}", error->message, description));
  }

  /// umockdev leaves the terminal open, and its name where it was: nobody would notice.
  void hang_up(const std::string& node) {
    const int far_end = umockdev_testbed_get_dev_fd(testbed_, node.c_str());
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (far_end >= 0) ::dup3(nothing, far_end, O_CLOEXEC);  // closed, and its number is still umockdev's
    ::close(nothing);
    gchar* const root = umockdev_testbed_get_root_dir(testbed_);
    ::unlink((root + node).c_str());
    g_free(root);
  }

  void remove(const std::string& path) {
    umockdev_testbed_uevent(testbed_, path.c_str(), "remove");
    umockdev_testbed_remove_device(testbed_, path.c_str());
  }

  void plug_in(UsbModel& model, const std::string& port) {
    model.plugged_in();
    Plugged plugged{.model = &model, .address = ++last_address_};
    const UsbModel::Identity& id = model.identity();
    const std::string name = fmt::format("bus/usb/001/{:03}", plugged.address);
    const auto used = [this] { look_.notify_all(); };
    plugged.node = std::make_unique<UsbNode>(model, used);
    umockdev_testbed_attach_ioctl(testbed_, ("/dev/" + name).c_str(), plugged.node->base(), nullptr);
    const auto attribute = [](const char* key, const std::string& text) {
      return text.empty() ? std::string() : fmt::format("A: {}={}\\n\n", key, text);
    };
    const std::string path = bus_path + port;
    add(
        fmt::format("P: {}\nN: {}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\nE: DEVNUM={:03}\n"
                    "E: DEVNAME=/dev/{}\nA: busnum=1\\n\nA: devnum={}\\n\nA: speed={}\\n\nA: idVendor={:04x}\\n\n"
                    "A: idProduct={:04x}\\n\nA: bcdDevice={:04x}\\n\nA: bConfigurationValue=1\\n\n{}{}{}"
                    "H: descriptors={}\n\n",
                    path, name, plugged.address, name, plugged.address, id.speed, id.vendor, id.product, id.release,
                    attribute("manufacturer", id.manufacturer), attribute("product", id.name),
                    attribute("serial", id.serial), hex(model.descriptors())));
    if (!model.report_descriptor().empty()) add_hidraw(plugged, port, used);
    plugged_[port] = std::move(plugged);
  }

  void add_hidraw(Plugged& plugged, const std::string& port, const std::function<void()>& used) {
    const UsbModel::Identity& id = plugged.model->identity();
    const std::string interface = fmt::format("{}{}/{}:1.0", bus_path, port, port);
    const std::string hid =
        fmt::format("{}/0003:{:04X}:{:04X}.{:04X}", interface, id.vendor, id.product, plugged.address);
    const std::string name = fmt::format("hidraw{}", plugged.address);
    plugged.hidraw = std::make_unique<HidrawNode>(*plugged.model, used);
    umockdev_testbed_attach_ioctl(testbed_, ("/dev/" + name).c_str(), plugged.hidraw->base(), nullptr);
    add(fmt::format("P: {}\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\nA: bInterfaceNumber=00\\n\n\n", interface));
    add(fmt::format(
        "P: {}\nE: SUBSYSTEM=hid\nE: HID_ID=0003:0000{:04X}:0000{:04X}\nE: HID_NAME={} {}\nE: HID_UNIQ=\n\n", hid,
        id.vendor, id.product, id.manufacturer, id.name));
    add(fmt::format("P: {}/hidraw/{}\nN: {}\nE: SUBSYSTEM=hidraw\nE: DEVNAME=/dev/{}\n\n", hid, name, name, name));
  }

  void take_away(const std::string& port) {
    const auto found = plugged_.find(port);
    if (found == plugged_.end()) return;
    Plugged& plugged = found->second;
    const UsbModel::Identity& id = plugged.model->identity();
    plugged.model->pulled_out();
    if (plugged.hidraw) {
      const std::string interface = fmt::format("{}{}/{}:1.0", bus_path, port, port);
      const std::string hid =
          fmt::format("{}/0003:{:04X}:{:04X}.{:04X}", interface, id.vendor, id.product, plugged.address);
      remove(fmt::format("{}/hidraw/hidraw{}", hid, plugged.address));
      remove(hid);
      remove(interface);
      umockdev_testbed_detach_ioctl(testbed_, fmt::format("/dev/hidraw{}", plugged.address).c_str(), nullptr);
      retired_.push_back(std::move(plugged.hidraw));
    }
    remove(bus_path + port);
    umockdev_testbed_detach_ioctl(testbed_, fmt::format("/dev/bus/usb/001/{:03}", plugged.address).c_str(), nullptr);
    retired_.push_back(std::move(plugged.node));  // a program may hold it open still
    plugged_.erase(found);
  }

  /// Takes devices away that fell off the bus, and plugs those in again that come back.
  void take_care(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      std::vector<std::pair<std::string, UsbModel*>> gone;
      for (const auto& [port, plugged] : plugged_) {
        if (plugged.model->is_gone()) gone.emplace_back(port, plugged.model);
      }
      for (const auto& [port, model] : gone) {
        const bool back = model->comes_back();
        take_away(port);
        if (back) returning_.push_back({Time::now() + comes_back_after, port, model});
      }
      while (!returning_.empty() && returning_.front().at <= Time::now()) {
        const Returning next = returning_.front();
        returning_.pop_front();
        plug_in(*next.model, next.port);
      }
      // Devices are used on another thread that must not wait for this one, so a notice may be missed.
      look_.wait_for(lock, stop, 5ms, [] { return false; });
    }
  }

  struct Returning {
    Time::time_point at;
    std::string port;
    UsbModel* model = nullptr;
  };

  std::mutex mutex_;  // guards all below
  std::condition_variable_any look_;
  UMockdevTestbed* testbed_;
  int last_address_ = 4;
  std::map<std::string, Plugged> plugged_;
  std::map<std::string, Tty> ttys_;
  std::map<std::string, std::string> port_of_tty_;
  std::map<std::string, int> devices_with_ttys_;
  std::deque<Returning> returning_;
  std::unique_ptr<Node> disk_;
  std::vector<std::unique_ptr<Node>> retired_;
  std::jthread caretaker_;
};

Lab::Lab() : bench_(std::make_unique<Bench>()) {}
Lab::~Lab() = default;

void Lab::plug(UsbModel& model, const std::string& port) {
  bench_->plug(model, port);
}
void Lab::unplug(const std::string& port) {
  bench_->unplug(port);
}
int Lab::plug(const SerialAdapter& adapter) {
  return bench_->plug_tty(adapter);
}
void Lab::unplug(const SerialAdapter& adapter) {
  bench_->unplug_tty(adapter.tty);
}
void Lab::plug(const CardDisk& disk) {
  bench_->plug_disk(disk);
}
void Lab::unplug(const CardDisk& disk) {
  bench_->unplug_disk(disk);
}
std::string Lab::content() const {
  return bench_->content();
}
std::string Lab::disk_name() {
  return fmt::format("sdlab{}", ::getpid());
}
int Lab::outputs(const SerialAdapter& adapter) const {
  return bench_->outputs(adapter.tty);
}
void Lab::set_errors(const SerialAdapter& adapter, const LineErrors& errors) {
  bench_->set_errors(adapter.tty, errors);
}
int Lab::latency_timer(const SerialAdapter& adapter) const {
  int timer = 0;
  std::ifstream("/sys/class/tty/" + adapter.tty + "/device/latency_timer") >> timer;
  return timer;
}
std::string Lab::own_tty(int number) {
  return fmt::format("ttyUSB{}{}", ::getpid(), number);
}

}  // namespace coldboot
