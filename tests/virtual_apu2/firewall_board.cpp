#include "tests/virtual_apu2/firewall_board.hpp"

#include <array>
#include <filesystem>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/read_bench.hpp"
#include "tests/processes.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Result<void> put(const Bench& bench, const std::string& medium, const fs::path& image) {
  return bench.medium(medium)->put(image, soon());
}

}  // namespace

Result<std::unique_ptr<FirewallBoard>> FirewallBoard::create(const FirewallImage& image) {
  const Catalog catalog = driver_catalog();
  const auto file =
      read_bench(project_folder / "fixtures/benches" / (std::string(image.bench) + ".yaml"), catalog.tables());
  if (!file) return file.mistakes.front();
  auto bench = Bench::open(*file, catalog);
  if (!bench) return bench.error();
  if (auto flash = put(**bench, "flash", images_folder / "firmware/v4.15.0.1.rom"); !flash) return flash.error();
  if (auto card = put(**bench, "sd", images_folder / "sd" / (std::string(image.card) + ".img")); !card)
    return card.error();
  std::unique_ptr<FirewallBoard> board(new FirewallBoard(std::move(*bench)));
  const auto known = [](const char* address, const char* mac, const char* port) {
    return fmt::format("neigh replace {} lladdr {} dev {} nud permanent\n", address, mac, port);
  };
  if (auto lan = board->lan().ip(known("192.168.1.1", image.lan_mac, "lan"), soon()); !lan) return lan.error();
  if (auto wan = board->wan().ip(known("203.0.113.2", image.wan_mac, "wan"), soon()); !wan) return wan.error();
  return board;
}

Result<void> FirewallBoard::set_power(Power wanted) {
  if (wanted == Power::on) said_.clear();
  const auto switched = bench_->power().set(wanted, soon());
  if (!switched) return switched.error();
  return {};
}

bool FirewallBoard::shows(std::string_view text, Nanos in_time, std::size_t before) {
  const auto deadline = std::chrono::steady_clock::now() + in_time;
  const int line = bench_->consoles().front().stream->descriptor();
  while (said_.find(text, before) == std::string::npos) {
    if (std::chrono::steady_clock::now() >= deadline || said_.find("...FAILED.") != std::string::npos) return false;
    pollfd waiting{line, POLLIN, 0};
    ::poll(&waiting, 1, 100);
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(line, buffer.data(), buffer.size());
    if (count > 0) said_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

Result<void> FirewallBoard::type(std::string_view text) const {
  return bench_->consoles().front().stream->write(text, soon());
}

fs::path FirewallBoard::flash() {
  for (const std::string& line : children()) {
    const std::string_view before = "if=pflash,format=raw,file=";
    const std::size_t at = line.find(before);
    if (at != std::string::npos) return line.substr(at + before.size(), line.find(' ', at) - at - before.size());
  }
  return {};
}

}  // namespace coldboot
