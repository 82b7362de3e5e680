// A Modbus board made of libmodbus, which knows nothing of our frames.

#include <atomic>
#include <cerrno>
#include <memory>
#include <modbus.h>
#include <thread>

#include <gtest/gtest.h>

#include "drivers/serial_relay/serial_relay.hpp"
#include "tests/drivers/serial_relay/pty_line.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr int board_address = 17;
constexpr int coils = 8;
constexpr int registers = 9;

/// Boards with registers: the high byte is a command, what is read back is the state.
void act_as_register_board(modbus_mapping_t& mapping) {
  for (int number = 0; number < registers; ++number) {
    std::uint16_t& value = mapping.tab_registers[number];
    if (value == 0x0100) value = 1;
    if (value == 0x0200) value = 0;
  }
}

class ModbusBoard {
 public:
  explicit ModbusBoard(int line)
      : context_(modbus_new_rtu("/dev/null", 9600, 'N', 8, 1)), mapping_(modbus_mapping_new(coils, 0, registers, 0)) {
    modbus_set_socket(context_, line);
    modbus_set_slave(context_, board_address);
    modbus_set_indication_timeout(context_, 0, 20'000);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~ModbusBoard() {
    thread_.request_stop();
    thread_.join();
    modbus_mapping_free(mapping_);
    modbus_set_socket(context_, -1);  // the line is the test's
    modbus_free(context_);
  }
  ModbusBoard(const ModbusBoard&) = delete;
  ModbusBoard& operator=(const ModbusBoard&) = delete;

  [[nodiscard]] bool coil(int number) const { return coils_.at(static_cast<std::size_t>(number)); }

 private:
  void serve(const std::stop_token& stop) {
    std::uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    while (!stop.stop_requested()) {
      const int length = modbus_receive(context_, query);
      if (length <= 0) continue;
      modbus_reply(context_, query, length, mapping_);
      act_as_register_board(*mapping_);
      for (std::size_t number = 0; number < coils_.size(); ++number) coils_[number] = mapping_->tab_bits[number] != 0;
    }
  }

  modbus_t* context_;
  modbus_mapping_t* mapping_;
  std::array<std::atomic<bool>, coils> coils_{};
  std::jthread thread_;
};

class ModbusPeer : public testing::Test {
 protected:
  SerialRelay relay(ModbusStyle style, int first, int address = board_address) {
    return {line.opener(), modbus_dialect(style, address, first), {"apu/power", "modbus", 16}};
  }

  PtyLine line;
  ModbusBoard board{line.far()};
};

TEST_F(ModbusPeer, SwitchesItsCoilsAndTellsThem) {
  SerialRelay on_coils = relay(ModbusStyle::coils, 0);
  for (const int channel : {1, 8}) {
    for (const Contact wanted : {Contact::closed, Contact::open, Contact::closed}) {
      const auto set = on_coils.set(channel, wanted, soon());
      ASSERT_TRUE(set) << set.error().text();
      const auto read = on_coils.read(channel, soon());
      ASSERT_TRUE(read) << read.error().text();
      EXPECT_EQ(*read, wanted);
      EXPECT_EQ(board.coil(channel - 1), wanted == Contact::closed);
    }
  }
  EXPECT_FALSE(board.coil(1));
}

TEST_F(ModbusPeer, SwitchesItsRegistersAndTellsThem) {
  SerialRelay on_registers = relay(ModbusStyle::registers, 1);
  for (const Contact wanted : {Contact::closed, Contact::open}) {
    const auto set = on_registers.set(2, wanted, soon());
    ASSERT_TRUE(set) << set.error().text();
    const auto read = on_registers.read(2, soon());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, wanted);
  }
}

TEST_F(ModbusPeer, RefusesACoilItDoesNotHave) {
  const auto set = relay(ModbusStyle::coils, 0).set(9, Contact::closed, soon());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().cause(), Cause::refused);
  EXPECT_EQ(set.error().where(), "apu/power");
}

TEST_F(ModbusPeer, IsSilentAtAnotherAddress) {
  const Until soon(std::chrono::steady_clock::now() + 100ms);
  const auto set = relay(ModbusStyle::coils, 0, board_address + 1).set(1, Contact::closed, soon);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().cause(), Cause::timeout);
  EXPECT_FALSE(board.coil(0));
}

}  // namespace
}  // namespace coldboot
