#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "tests/web/http_server.hpp"

namespace coldboot {

/// An RTE with RteCtrl on it and a board wired to it as its makers do: pin 0 the relay of the supply, 8 the reset
/// button, 9 the power button, 11 the jumper that clears the CMOS. Its timers run on the clock it is given.
class RteEmulator {
 public:
  explicit RteEmulator(const Clock& clock);

  static constexpr Nanos s5_after{std::chrono::milliseconds(30)};

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> asked() const { return server_.asked(); }

  // The board's side of the wires.
  [[nodiscard]] bool board_has_power();
  [[nodiscard]] bool is_pressed(int pin);    ///< whether the line of a pin is pulled down
  [[nodiscard]] int times_pressed(int pin);  ///< how often it was
  [[nodiscard]] int power_losses();          ///< how often the supply's relay let go
  [[nodiscard]] bool board_is_in_s5();       ///< its power button was held for `s5_after` while it had its supply

  /// What would have destroyed parts: power or a press of its button for a board whose SPI lines (pins 1 and 3) were
  /// driven, and lines driven into a board that runs.
  [[nodiscard]] std::vector<std::string> harm();
  /// The pins as they changed: "+0" for the supply coming, "-3" for Vcc of the chip going.
  [[nodiscard]] std::vector<std::string> edges();

  // What can go wrong.
  enum class Trouble {
    none,
    error_with_200,         ///< an error as a success
    no_json,                ///< the web page instead
    hangs_up_after_acting,  ///< the change is made and the connection ends
    silent,
  };
  void put_trouble(Trouble trouble);              ///< of the next PATCH, or of every GET where there is none
  void put_trouble_at(int pin, Trouble trouble);  ///< of the next PATCH of this one
  void restart();                                 ///< of RteCtrl: all outputs 0, timers forgotten
  void stick(int pin);                            ///< takes changes and stays as it is
  void make_input(int pin);
  void leave_out_of_configuration(int pin);
  /// The mapping of a shipped configuration in which pin 8 closes what pin 11 is wired to, and calls itself apu_rst.
  void map_reset_to_cmos();
  void press_by_hand(int pin);  ///< as a service that died in the middle leaves it

 private:
  struct Pin {
    int state = 0;
    bool output = true;
    std::string description;
    std::vector<Instant> timers;  ///< when the opposite of the state then is written
    std::vector<int> later;       ///< what each of them writes
  };

  ServedAnswer answer(const ServedRequest& request);
  ServedAnswer change(int id, const std::string& body);
  [[nodiscard]] std::string text_of(int id) const;
  void write(int id, int state);
  void feel(int line, int level);
  void run_timers();
  [[nodiscard]] int line_of(int id) const;

  const Clock& clock_;
  std::mutex mutex_;  // guards all below but the server
  std::map<int, Pin> pins_;
  std::set<int> stuck_;
  std::map<int, int> presses_;  ///< by line
  std::map<int, int> lines_;    ///< their levels
  int power_losses_ = 0;
  enum class Board { dead, running, s5 };
  Board board_ = Board::dead;
  Instant pressed_at_{};
  std::vector<std::string> harm_;
  std::vector<std::string> edges_;
  std::map<int, Trouble> trouble_at_;
  bool reset_is_cmos_ = false;
  Trouble trouble_ = Trouble::none;
  HttpServer server_;  // last: it ends first
};

}  // namespace coldboot
