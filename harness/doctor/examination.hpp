#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/bench/bench_clock.hpp"
#include "harness/bench/bench_file.hpp"
#include "harness/bench/catalog.hpp"
#include "harness/bench/lease.hpp"
#include "harness/doctor/diagnosis.hpp"

namespace coldboot {

struct DoctorOptions {
  std::filesystem::path runs = "runs";                ///< where runs go
  std::uint64_t room = std::uint64_t{1} << 30U;       ///< bytes that must be free there
  bool fix = false;                                   ///< put right what can be without harm
  bool cycle_power = false;                           ///< really switch the DUT off, on and off again
  Nanos first_byte_within{std::chrono::seconds(30)};  ///< after power came
  Nanos silent_for{std::chrono::seconds(3)};          ///< how long one listens to what must be silent
  std::stop_token stop{};
};

/// What is open of a bench: what could not be opened is not there, and has been said.
struct OpenDevices {
  struct Console {
    ConsoleEntry entry;
    std::unique_ptr<ByteStream> stream;
  };
  struct RelayBoard {
    DeviceEntry entry;
    std::unique_ptr<Relay> relay;
  };

  struct Port {
    std::shared_ptr<const NetworkNamespace> network;
    std::unique_ptr<NetworkPort> port;  // goes before the network it lies in
  };

  std::vector<Console> consoles;
  std::vector<std::unique_ptr<BootMedium>> media;
  std::vector<Port> ports;
  std::vector<RelayBoard> relays;      ///< what `power` and the button stand on
  Relay* button = nullptr;             ///< one of `relays`; null: the bench has none, or it could not be opened
  std::unique_ptr<PowerSwitch> power;  ///< null: it could not be opened
};

/// A bench that is looked at, and what its checks have in common: what the one opened, the next ones use.
class Examination {
 public:
  using Tell = std::function<void(const Diagnosis&)>;

  /// Each diagnosis is told as it is made.
  Examination(const BenchFile& file, const Catalog& drivers, DoctorOptions wanted, Tell tell);
  Examination(const Examination&) = delete;
  Examination& operator=(const Examination&) = delete;
  ~Examination();

  const BenchFile& bench;
  const Catalog& catalog;
  const DoctorOptions options;

  [[nodiscard]] Clock& clock() const { return clock_.get(); }
  /// "apu2-07/com1"
  [[nodiscard]] std::string place(const std::string& part) const;
  /// What a driver is given to open `part`. What it notices by itself becomes a diagnosis.
  OpenContext context_for(const std::string& part);
  [[nodiscard]] Until within(Nanos time) const { return Until(clock().now() + time, options.stop); }

  // What a check has to say. Its name is put there by begin().
  void begin(const char* check);
  void ok(const std::string& where, std::string found, std::string remedy = {});
  void warning(const std::string& where, std::string found, std::string remedy = {});
  void wrong(const Fault& fault);
  void wrong(const std::string& where, std::string found, std::string remedy);
  [[nodiscard]] std::vector<Diagnosis> diagnoses() const;

  std::optional<Lease> lease;  ///< once check_lock() could take it
  /// Whether nobody else has the bench: if somebody has, its devices are not touched.
  [[nodiscard]] bool is_ours() const { return lease.has_value() || clock_.get_virtual() != nullptr; }
  /// The devices, opened by check_devices().
  [[nodiscard]] OpenDevices& open() { return open_; }

 private:
  void say(Health health, const std::string& where, std::string found, std::string remedy);
  void take_event(const std::string& where, const EventBody& event);

  BenchClock clock_;
  Tell tell_;
  mutable std::mutex mutex_;  // guards the next two; devices tell from threads of their own
  const char* check_ = "";
  std::vector<Diagnosis> diagnoses_;
  SharedParts parts_;
  OpenDevices open_;  // last, so that they go first: they tell, and stand on what is above
};

}  // namespace coldboot
