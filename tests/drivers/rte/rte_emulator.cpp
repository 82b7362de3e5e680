#include "tests/drivers/rte/rte_emulator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coldboot {
namespace {

using nlohmann::json;

constexpr int relay = 0;
constexpr int spi_lines = 1;
constexpr int spi_vcc = 3;
constexpr int reset = 8;
constexpr int button_pin = 9;
constexpr int cmos = 11;
constexpr int first_input = 13;
constexpr std::array names{"relay",   "oc3",     "oc2",     "oc1",        "oc6",          "oc5",    "oc4",
                           "apu_wdt", "apu_rst", "apu_pwr", "apu_modesw", "apu_clr_cmos", "apu_wp", "ext0",
                           "ext1",    "ext2",    "ext3",    "led1",       "led2",         "led3"};

ServedAnswer error(int status, const std::string& text) {
  return {.status = status, .body = json{{"error", text}}.dump()};
}

}  // namespace

RteEmulator::RteEmulator(const Clock& clock)
    : clock_(clock), server_([this](const ServedRequest& request) { return answer(request); }) {
  const std::lock_guard lock(mutex_);
  for (std::size_t id = 0; id < names.size(); ++id) {
    pins_[static_cast<int>(id)] = {.output = static_cast<int>(id) < first_input, .description = names[id]};
  }
}

bool RteEmulator::board_has_power() {
  const std::lock_guard lock(mutex_);
  run_timers();
  return lines_[relay] == 1;
}

bool RteEmulator::is_pressed(int pin) {
  const std::lock_guard lock(mutex_);
  run_timers();
  return lines_[pin] == 1;
}

int RteEmulator::times_pressed(int pin) {
  const std::lock_guard lock(mutex_);
  return presses_[pin];
}

int RteEmulator::power_losses() {
  const std::lock_guard lock(mutex_);
  return power_losses_;
}

bool RteEmulator::board_is_in_s5() {
  const std::lock_guard lock(mutex_);
  run_timers();
  return board_ == Board::s5;
}

std::vector<std::string> RteEmulator::harm() {
  const std::lock_guard lock(mutex_);
  return harm_;
}

std::vector<std::string> RteEmulator::edges() {
  const std::lock_guard lock(mutex_);
  return edges_;
}

void RteEmulator::put_trouble_at(int pin, Trouble trouble) {
  const std::lock_guard lock(mutex_);
  trouble_at_[pin] = trouble;
}

/// What a level that has changed does to the board.
void RteEmulator::feel(int line, int level) {
  edges_.push_back(fmt::format("{}{}", level == 1 ? "+" : "-", line));
  const bool is_driven = lines_[spi_lines] == 1 || lines_[spi_vcc] == 1;
  if (line == relay) {
    if (level == 1 && is_driven) harm_.emplace_back("power came while the SPI lines were driven");
    board_ = level == 1 ? Board::running : Board::dead;
  } else if (line == button_pin && level == 1) {
    pressed_at_ = clock_.now();
    if (is_driven) harm_.emplace_back("the power button was pressed while the SPI lines were driven");
  } else if (line == button_pin) {
    if (board_ == Board::running && clock_.now() - pressed_at_ >= s5_after) board_ = Board::s5;
  } else if ((line == spi_lines || line == spi_vcc) && level == 1 && board_ == Board::running) {
    harm_.emplace_back("the SPI lines were driven into a running board");
  }
}

void RteEmulator::put_trouble(Trouble trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = trouble;
}

void RteEmulator::restart() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, pin] : pins_) {
    pin.timers.clear();
    pin.later.clear();
    if (pin.output) write(id, 0);
  }
}

void RteEmulator::stick(int pin) {
  const std::lock_guard lock(mutex_);
  stuck_.insert(pin);
}

void RteEmulator::make_input(int pin) {
  const std::lock_guard lock(mutex_);
  pins_[pin].output = false;
}

void RteEmulator::leave_out_of_configuration(int pin) {
  const std::lock_guard lock(mutex_);
  pins_.erase(pin);
}

void RteEmulator::map_reset_to_cmos() {
  const std::lock_guard lock(mutex_);
  reset_is_cmos_ = true;
}

void RteEmulator::press_by_hand(int pin) {
  const std::lock_guard lock(mutex_);
  write(pin, 1);
}

int RteEmulator::line_of(int id) const {
  return id == reset && reset_is_cmos_ ? cmos : id;
}

void RteEmulator::write(int id, int state) {
  if (stuck_.contains(id)) return;
  pins_[id].state = state;
  int& line = lines_[line_of(id)];
  if (line == 0 && state == 1) ++presses_[line_of(id)];
  if (id == relay && line == 1 && state == 0) ++power_losses_;
  if (std::exchange(line, state) != state) feel(line_of(id), state);
}

void RteEmulator::run_timers() {
  const Instant now = clock_.now();
  for (auto& [id, pin] : pins_) {
    for (std::size_t i = 0; i < pin.timers.size();) {
      if (pin.timers[i] > now) {
        ++i;
        continue;
      }
      write(id, pin.later[i]);
      pin.timers.erase(pin.timers.begin() + static_cast<std::ptrdiff_t>(i));
      pin.later.erase(pin.later.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

std::string RteEmulator::text_of(int id) const {
  const Pin& pin = pins_.at(id);
  return fmt::format(R"({{"id":{},"state":{},"description":"{}","direction":"{}"}})", id, pin.state, pin.description,
                     pin.output ? "out" : "in");
}

ServedAnswer RteEmulator::change(int id, const std::string& body) {
  const json asked = json::parse(body, nullptr, false);
  if (!asked.is_object() || asked.value("state", 0) < 0) return error(403, "bad parameters");
  Pin& pin = pins_.at(id);
  if (asked.contains("direction")) {
    pin.output = asked["direction"] == "out";
    if (pin.output) write(id, 0);  // what the kernel does with "out"
  }
  const int state = asked.value("state", 0);
  if (pin.output) write(id, state);
  if (pin.output && asked.contains("time")) {
    pin.timers.push_back(clock_.now() + std::chrono::seconds(asked["time"].get<int>()));
    pin.later.push_back(1 - state);
  }
  return {.body = text_of(id)};
}

ServedAnswer RteEmulator::answer(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  run_timers();
  const bool patch = request.method == "PATCH";
  Trouble trouble = std::exchange(trouble_, Trouble::none);
  for (const auto& [pin, waiting] : trouble_at_) {
    if (!patch || !request.path.ends_with(fmt::format("/{}", pin))) continue;
    trouble = waiting;
    trouble_at_.erase(pin);
    break;
  }
  if (trouble == Trouble::silent) return {.way = ServedAnswer::Way::silent};
  if (trouble == Trouble::no_json) return {.body = "<html>RteCtrl</html>"};
  if (trouble == Trouble::error_with_200) return error(200, "bad parameters");
  const std::string start = "/api/v1/gpio/";
  if (!request.path.starts_with(start)) return {.status = 404, .body = "404 page not found\n"};
  const std::string number = request.path.substr(start.size());
  if (number.empty() || !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
    return error(404, "id not found");
  const int id = std::stoi(number);
  if (!pins_.contains(id)) return error(404, "can't read GPIO states");
  ServedAnswer answer = patch ? change(id, request.body) : ServedAnswer{.body = text_of(id)};
  if (trouble == Trouble::hangs_up_after_acting) answer.way = ServedAnswer::Way::dropped;
  return answer;
}

}  // namespace coldboot
