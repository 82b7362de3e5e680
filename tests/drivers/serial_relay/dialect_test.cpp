#include "drivers/serial_relay/dialect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::string_literals;

struct Command {
  const char* name;
  std::string found;
  std::string expected;
};

TEST(Dialects, SwitchWithTheFramesOfTheirBoards) {
  const auto lcus = lcus_dialect(8, LcusStatus::text);
  const auto kmtronic = kmtronic_dialect(8);
  const auto coils = modbus_dialect(ModbusStyle::coils, 1, 0);
  const auto registers = modbus_dialect(ModbusStyle::registers, 1, 1);
  const auto numato = numato_dialect();
  const auto devantech = devantech_dialect();
  const auto route = scpi_dialect(ScpiStyle::route, 101);
  const auto output = scpi_dialect(ScpiStyle::output, 101);
  for (const Command& one : {
           Command{"LCUS 1 on", lcus->set(1, Contact::closed), "\xA0\x01\x01\xA2"},
           Command{"LCUS 1 off", lcus->set(1, Contact::open), "\xA0\x01\x00\xA1"s},
           Command{"LCUS 8 on", lcus->set(8, Contact::closed), "\xA0\x08\x01\xA9"},
           Command{"LCUS 8 off", lcus->set(8, Contact::open), "\xA0\x08\x00\xA8"s},
           Command{"LCUS status", lcus->ask(3), "\xFF"},
           Command{"KMtronic 2 on", kmtronic->set(2, Contact::closed), "\xFF\x02\x01"},
           Command{"KMtronic 2 off", kmtronic->set(2, Contact::open), "\xFF\x02\x00"s},
           Command{"KMtronic status", kmtronic->ask(2), "\xFF\x09\x00"s},
           Command{"small KMtronic status", kmtronic_dialect(2)->ask(2), "\xFF\x02\x03"},
           Command{"Modbus coil 1 on", coils->set(1, Contact::closed), "\x01\x05\x00\x00\xFF\x00\x8C\x3A"s},
           Command{"Modbus coil 1 off", coils->set(1, Contact::open), "\x01\x05\x00\x00\x00\x00\xCD\xCA"s},
           Command{"Modbus coil 8 on", coils->set(8, Contact::closed), "\x01\x05\x00\x07\xFF\x00\x3D\xFB"s},
           Command{"Modbus register 1 on", registers->set(1, Contact::closed), "\x01\x06\x00\x01\x01\x00\xD9\x9A"s},
           Command{"Modbus register 1 off", registers->set(1, Contact::open), "\x01\x06\x00\x01\x02\x00\xD9\x6A"s},
           Command{"Modbus register 1 asked", registers->ask(1), "\x01\x03\x00\x01\x00\x01\xD5\xCA"s},
           Command{"Numato first", numato->set(1, Contact::closed), "relay on 0\r"},
           Command{"Numato eleventh", numato->set(11, Contact::open), "relay off A\r"},
           Command{"Numato last of 32", numato->ask(32), "relay read V\r"},
           Command{"Devantech 1 on", devantech->set(1, Contact::closed), "\x65"},
           Command{"Devantech 8 off", devantech->set(8, Contact::open), "\x76"},
           Command{"Devantech states", devantech->ask(1), "\x5B"},
           Command{"SCPI route", route->set(2, Contact::closed), "*CLS\nROUT:CLOS (@102)\nSYST:ERR?\n"},
           Command{"SCPI route off", route->set(2, Contact::open), "*CLS\nROUT:OPEN (@102)\nSYST:ERR?\n"},
           Command{"SCPI route asked", route->ask(2), "ROUT:CLOS? (@102)\n"},
           Command{"SCPI output", output->set(1, Contact::closed), "*CLS\nOUTP ON\nSYST:ERR?\n"},
           Command{"SCPI output asked", output->ask(1), "OUTP?\n"},
       }) {
    EXPECT_EQ(one.found, one.expected) << one.name;
  }
}

enum class Meaning { closed, open, unfinished, wrong };

Meaning meaning_of(const RelayDialect& dialect, const std::string& answer, int channel) {
  const auto contact = dialect.contact(answer, channel);
  if (!contact) return contact.error().cause() == Cause::protocol ? Meaning::wrong : Meaning::unfinished;
  if (!*contact) return Meaning::unfinished;
  return **contact == Contact::closed ? Meaning::closed : Meaning::open;
}

struct Answer {
  const char* name;
  std::shared_ptr<RelayDialect> dialect;
  std::string text;
  int channel;
  Meaning meaning;
};

TEST(Dialects, UnderstandWhatTheirBoardsAnswer) {
  const std::shared_ptr<RelayDialect> text = lcus_dialect(2, LcusStatus::text);
  const std::shared_ptr<RelayDialect> bytes = lcus_dialect(2, LcusStatus::bytes);
  const std::shared_ptr<RelayDialect> small = kmtronic_dialect(2);
  const std::shared_ptr<RelayDialect> large = kmtronic_dialect(4);
  const std::shared_ptr<RelayDialect> coils = modbus_dialect(ModbusStyle::coils, 1, 0);
  const std::shared_ptr<RelayDialect> registers = modbus_dialect(ModbusStyle::registers, 1, 1);
  const std::shared_ptr<RelayDialect> numato = numato_dialect();
  const std::shared_ptr<RelayDialect> devantech = devantech_dialect();
  const std::shared_ptr<RelayDialect> scpi = scpi_dialect(ScpiStyle::route, 101);
  for (const Answer& one : {
           Answer{"LCUS first", text, "CH1: ON \r\nCH2: OFF\r\n", 1, Meaning::closed},
           Answer{"LCUS second", text, "CH1: ON \r\nCH2: OFF\r\n", 2, Meaning::open},
           Answer{"LCUS not all", text, "CH1: ON \r\nCH2: OF", 1, Meaning::unfinished},
           Answer{"LCUS nothing yet", text, "", 1, Meaning::unfinished},
           Answer{"LCUS other text", text, "RLY1: ON\r\nRLY2: ON\r\n", 1, Meaning::wrong},
           Answer{"LCUS wrong order", text, "CH2: ON \r\nCH1: OFF\r\n", 1, Meaning::wrong},
           Answer{"LCUS bytes", bytes, "\0\1"s, 2, Meaning::closed},
           Answer{"LCUS a byte missing", bytes, "\0"s, 1, Meaning::unfinished},
           Answer{"LCUS no bytes", bytes, "CH1: ON \r\n", 1, Meaning::wrong},
           Answer{"small KMtronic", small, "\xFF\2\1", 2, Meaning::closed},
           Answer{"small KMtronic off", small, "\xFF\2\0"s, 2, Meaning::open},
           Answer{"small KMtronic unfinished", small, "\xFF\2", 2, Meaning::unfinished},
           Answer{"small KMtronic of another", small, "\xFF\1\1", 2, Meaning::wrong},
           Answer{"small KMtronic noise", small, "\xFF\2\7", 2, Meaning::wrong},
           Answer{"KMtronic", large, "\0\0\1\0"s, 3, Meaning::closed},
           Answer{"KMtronic unfinished", large, "\0\0\1"s, 3, Meaning::unfinished},
           Answer{"KMtronic noise", large, "\0\0\xFF\0"s, 1, Meaning::wrong},
           Answer{"Modbus register", registers, "\x01\x03\x02\x00\x01\x79\x84"s, 1, Meaning::closed},
           Answer{"Modbus register unfinished", registers, "\x01\x03\x02\x00\x01\x79"s, 1, Meaning::unfinished},
           Answer{"Modbus register damaged", registers, "\x01\x03\x02\x00\x00\x79\x84"s, 1, Meaning::wrong},
           Answer{"Modbus of another board", registers, "\x02\x03\x02\x00\x01\x79\x84"s, 1, Meaning::wrong},
           Answer{"Modbus coils, more than asked for", coils, "\x01\x01\x01\x41\x91\xB8"s, 1, Meaning::wrong},
           Answer{"Numato on", numato, "relay read 0\r\n\ron\n\r>", 1, Meaning::closed},
           Answer{"Numato off", numato, "relay read 0\n\roff\n\r>", 1, Meaning::open},
           Answer{"Numato before its prompt", numato, "relay read 0\r\n\ron\n\r", 1, Meaning::unfinished},
           Answer{"Numato says nothing", numato, "relay read 0\r\n\r>", 1, Meaning::wrong},
           Answer{"Numato without end", numato, std::string(300, 'x'), 1, Meaning::wrong},
           Answer{"Devantech", devantech, "\x82", 8, Meaning::closed},
           Answer{"Devantech off", devantech, "\x82", 1, Meaning::open},
           Answer{"Devantech nothing yet", devantech, "", 1, Meaning::unfinished},
           Answer{"SCPI", scpi, "1\n", 1, Meaning::closed},
           Answer{"SCPI with a CR", scpi, "0\r\n", 1, Meaning::open},
           Answer{"SCPI unfinished", scpi, "1", 1, Meaning::unfinished},
           Answer{"SCPI something else", scpi, "KEYSIGHT\n", 1, Meaning::wrong},
           Answer{"SCPI without end", scpi, std::string(500, '1'), 1, Meaning::wrong},
       }) {
    EXPECT_EQ(meaning_of(*one.dialect, one.text, one.channel), one.meaning) << one.name;
  }
}

TEST(Dialects, HearABoardRefuse) {
  const auto scpi = scpi_dialect(ScpiStyle::route, 101);
  EXPECT_EQ(scpi->is_taken("", 1, Contact::closed).value(), false);
  EXPECT_EQ(scpi->is_taken("0,\"No error\"\n", 1, Contact::closed).value(), true);
  EXPECT_EQ(scpi->is_taken("+0,\"No error\"\r\n", 1, Contact::closed).value(), true);
  EXPECT_EQ(scpi->is_taken("-222,\"Data out of range\"\n", 1, Contact::closed).error().cause(), Cause::refused);
  EXPECT_EQ(scpi->is_taken("0\n", 1, Contact::closed).error().cause(), Cause::protocol);
  EXPECT_EQ(scpi->is_taken("\n", 1, Contact::closed).error().cause(), Cause::protocol);
  const auto coils = modbus_dialect(ModbusStyle::coils, 1, 0);
  EXPECT_EQ(coils->is_taken("\x01\x85\x02\xC3\x51", 1, Contact::closed).error().cause(), Cause::refused);
  EXPECT_EQ(coils->is_taken("\x01\x05\x00\x07\xFF\x00\x3D\xFB"s, 1, Contact::closed).error().cause(), Cause::protocol)
      << "the echo of another command";
  EXPECT_EQ(coils->is_taken("\x01\x05\x00\x07\xFF\x00\x3D\xFB"s, 8, Contact::closed).value(), true);
  EXPECT_EQ(coils->is_taken("\x01\x05\x00"s, 8, Contact::closed).value(), false);
  const auto numato = numato_dialect();
  EXPECT_EQ(numato->is_taken("relay on 0", 1, Contact::closed).value(), false);
  EXPECT_EQ(numato->is_taken("relay on 0\r\n\r>", 1, Contact::closed).value(), true);
  EXPECT_EQ(numato->is_taken("relay on 0\r\n\rInvalid\n\r>", 1, Contact::closed).error().cause(), Cause::refused);
}

}  // namespace
}  // namespace coldboot
