#include "tests/drivers/snmp_pdu/pdu_agent.hpp"

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr const char* program = "/usr/sbin/snmpd";
constexpr int hexadecimal = 16;

/// The process of ours whose command line has `text` in it.
std::optional<std::string> process_with(const std::string& text) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string line = text_of(entry.path() / "cmdline");
    if (line.starts_with(program) && line.find(text) != std::string::npos) return entry.path().filename().string();
  }
  return std::nullopt;
}

/// The port of the one UDP socket of 127.0.0.1 that the process has.
std::optional<int> udp_port_of(const std::string& process) {
  std::set<std::string> sockets;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc/" + process + "/fd", ignored)) {
    const std::string target = fs::read_symlink(entry.path(), ignored).string();
    if (target.starts_with("socket:[")) sockets.insert(target.substr(8, target.size() - 9));
  }
  std::istringstream table(text_of("/proc/net/udp"));
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string field;
    std::string local;
    constexpr int local_field = 1;
    constexpr int inode_field = 9;
    for (int i = 0; i <= inode_field && fields >> field; ++i) {
      if (i == local_field) local = field;
    }
    if (!local.starts_with("0100007F:") || !sockets.contains(field)) continue;
    return std::stoi(local.substr(local.find(':') + 1), nullptr, hexadecimal);
  }
  return std::nullopt;
}

}  // namespace

bool PduAgent::is_installed() {
  return fs::exists(program);
}

PduAgent::PduAgent(const std::string& base) : objects_(folder_.path() / "objects") {
  fs::create_directory(objects_);
  const std::string configuration = folder_.write(
      "snmpd.conf", fmt::format("[snmp] persistentDir {0}\n"
                                "agentaddress udp:127.0.0.1:0\n"
                                "rocommunity public 127.0.0.1\n"
                                "rwcommunity private 127.0.0.1\n"
                                "pass_persist {1} /usr/bin/env python3 {2}/tests/drivers/snmp_pdu/outlets.py {3}\n",
                                folder_.path().string(), base, COLDBOOT_SOURCE_DIR, objects_.string()));
  auto started = Child::start({program, "-f", "-Ln", "-C", "-c", configuration});
  if (!started) throw std::runtime_error(started.error().text());
  snmpd_.emplace(std::move(*started));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (port_ == 0) {
    const auto process = process_with(configuration);
    if (process) port_ = udp_port_of(*process).value_or(0);
    if (snmpd_->has_ended() || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("snmpd has not come up");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

PduAgent::~PduAgent() {
  if (snmpd_) snmpd_->reap();
}

std::string PduAgent::host() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void PduAgent::put(const std::string& object, long value) {
  put_text(object, std::to_string(value));
}

void PduAgent::put_text(const std::string& object, const std::string& text) {
  coldboot::put_text(objects_ / object, text);
}

long PduAgent::value(const std::string& object) const {
  return std::stol(text_of(objects_ / object));
}

void PduAgent::link(const std::string& written, const std::string& shown, const std::string& pairs) {
  put_text("link-" + written, shown + " " + pairs);
}

void PduAgent::show_late(const std::string& object, int looks) {
  put("lateness-" + object, looks);
}

void PduAgent::turn_deaf() {
  put_text("deaf", "");
}

}  // namespace coldboot
