#include <filesystem>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "harness/event/run_record.hpp"
#include "harness/io/child_process.hpp"
#include "tests/performance/measurements.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot::capture_bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chip_bytes = std::size_t{8} << 20U;
constexpr const char* chip_name = "MX25L6436E/MX25L6445E/MX25L6465E/MX25L6473E/MX25L6473F";

std::string random_bytes(unsigned seed) {
  std::mt19937_64 numbers(seed);
  std::string bytes;
  bytes.reserve(chip_bytes);
  while (bytes.size() < chip_bytes) {
    const std::uint64_t number = numbers();
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return bytes;
}

/// A DUT whose power is nothing but a command, and whose chip is flashrom's dummy.
class FlashedBench {
 public:
  explicit FlashedBench(int steps) {
    for (unsigned which : {0U, 1U}) put_text(file(fmt::format("{}.rom", which)), random_bytes(which + 1));
    fs::copy_file(file("0.rom"), file("chip.rom"));
    std::ofstream(file("bench.yaml")) << fmt::format(
        "coldboot: bench/1\nname: flash-step\npower: {{driver: command, closed: 'true on', open: 'true off', off-min: "
        "0 s, "
        "settle: 0 "
        "s}}\nconsoles:\n  com1: {{driver: command, run: cat}}\n"
        "flash: {{driver: flashrom, programmer: \"{}\", chip: {}, size: 8 MiB}}\n",
        programmer(), chip_name);
    std::ofstream(file("profile.yaml")) << "coldboot: profile/1\nname: profile\nmarkers:\n  hello: {match: hello}\n";
    std::ofstream scenario(file("scenario.yaml"));
    scenario << "coldboot: scenario/1\nname: flash-step\nconfigurations: {board: {profile: profile}}\nsteps:\n";
    for (int i = 1; i <= steps; ++i) scenario << fmt::format("  - flash: {{image: {}.rom, backup: false}}\n", i % 2);
    scenario << "  - power-on\n";
  }

  [[nodiscard]] fs::path file(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::string programmer() const { return "dummy:emulate=MX25L6436,image=" + file("chip.rom").string(); }

 private:
  TemporaryFolder folder_;
};

/// flashrom by itself, for the same things: which chip, write, read back.
Result<Nanos> flashrom_alone(const FlashedBench& bench, const std::string& image) {
  Nanos sum{};
  const std::vector<std::string> call{"flashrom", "-p", bench.programmer(), "-c", chip_name};
  const std::vector<std::vector<std::string>> operations{
      {}, {"-w", bench.file(image)}, {"-r", bench.file("readout.rom")}};
  for (const auto& operation : operations) {
    std::vector<std::string> argv = call;
    argv.insert(argv.end(), operation.begin(), operation.end());
    const auto took = measure_command(argv);
    if (!took) return took;
    sum += *took;
  }
  return sum;
}

}  // namespace

Result<FlashSteps> measure_flash_steps(const std::string& coldboot, int steps) {
  const FlashedBench bench(steps);
  FlashSteps measured;
  for (int i = 1; i <= steps; ++i) {
    const auto alone = flashrom_alone(bench, fmt::format("{}.rom", i % 2));
    if (!alone) return alone.error();
    measured.alone.push_back(*alone);
  }
  fs::copy_file(bench.file("0.rom"), bench.file("chip.rom"), fs::copy_options::overwrite_existing);
  const auto ran = run_child({coldboot, "run", bench.file("scenario.yaml"), "--bench", bench.file("bench.yaml"),
                              "--quiet", "--out", bench.file("out")},
                             Until(std::chrono::steady_clock::now() + std::chrono::minutes(5)));
  if (!ran) return ran.error();
  std::error_code none;
  const fs::directory_iterator run(bench.file("out"), none);
  if (none) return Fault(Cause::refused, coldboot, "nothing was run", ran->output);
  const auto record = read_run_folder(run->path());
  if (!record) return record.error();
  for (const Event& event : record->boots.at(0).events) {
    if (const auto* put = std::get_if<FirmwarePut>(&event.body)) measured.ours.push_back(put->took);
  }
  // The run itself does not pass: there is no board that would boot.
  if (std::ssize(measured.ours) == steps) return measured;
  return Fault(Cause::refused, coldboot, fmt::format("{} of {} steps wrote the chip", measured.ours.size(), steps),
               ran->output);
}

}  // namespace coldboot::capture_bench
