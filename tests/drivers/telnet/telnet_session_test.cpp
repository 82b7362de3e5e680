#include "drivers/telnet/telnet_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string agrees = "\xff\xfd\x2c";
const std::string sends_binary = "\xff\xfd\0\xff\xfb\0"s;
const std::string refuses = "\xff\xfe\x2c";

std::string notice(std::string_view content) {
  return telnet_subnegotiation(telnet_option::com_port, content);
}

TelnetSession::Heard hear(TelnetSession& session, std::string bytes) {
  return session.hear(bytes);
}

TelnetSession session_for(const LineRate& line) {
  return TelnetSession({.com_port = true, .settings = {.line = line, .flow = {}, .dtr = {}, .rts = {}}, .purge = true});
}

TEST(TelnetSession, AsksForBinaryBothWaysAndOffersRfc2217) {
  TelnetSession session({});
  const std::string begin = session.begin();
  for (const auto& part : {"\xff\xfd\0"s, "\xff\xfb\0"s, "\xff\xfb\x2c"s}) EXPECT_THAT(begin, HasSubstr(part));
  EXPECT_FALSE(session.is_settled());
  TelnetSession plain({.com_port = false});
  EXPECT_THAT(plain.begin(), Not(HasSubstr("\x2c")));
  EXPECT_FALSE(plain.is_settled());
  (void)hear(plain, "\xff\xfe\0"s);
  EXPECT_FALSE(plain.is_settled());
  (void)hear(plain, "\xff\xfb\0"s);
  EXPECT_TRUE(plain.is_settled());
}

TEST(TelnetSession, MakesItsSettingsOnceTheServerAgrees) {
  TelnetSession session = session_for({9600, 'e', 7, 2});
  (void)session.begin();
  (void)hear(session, sends_binary);
  const auto heard = hear(session, "text" + agrees);
  EXPECT_EQ(heard.count, 4U);
  for (const auto& request : {"\x01\0\0\x25\x80"s, "\x02\x07"s, "\x03\x03"s, "\x04\x02"s, "\x0c\x01"s}) {
    EXPECT_THAT(heard.answer, HasSubstr(notice(request)));
  }
  EXPECT_FALSE(session.is_settled());
  EXPECT_THAT(session.unanswered().settings, ElementsAre("9600 baud", "7 data bits", "parity e", "2 stop bits"));
  EXPECT_THAT(hear(session, notice("\x65\0\0\x25\x80"s) + notice("\x66\x07") + notice("\x67\x03")).wrong, IsEmpty());
  EXPECT_FALSE(session.is_settled());
  (void)hear(session, notice("\x68\x02") + notice("\x64ser2net"));
  EXPECT_TRUE(session.is_settled());
  EXPECT_EQ(session.signature(), "ser2net");
}

TEST(TelnetSession, SendsNoSettingAfterARefusal) {
  TelnetSession session = session_for({9600, 'n', 8, 1});
  (void)session.begin();
  (void)hear(session, sends_binary);
  const auto heard = hear(session, refuses);
  EXPECT_EQ(heard.answer, "");
  EXPECT_THAT(heard.notes, ElementsAre("the server said DONT COM-PORT"));
  EXPECT_TRUE(session.is_settled());
  EXPECT_EQ(hear(session, agrees).answer, "") << "and not when it changes its mind either";
  EXPECT_EQ(session.com_port(), TelnetOptions::Agreement::refused);
  EXPECT_EQ(session.break_begins(), "\xff\xf3");
  EXPECT_EQ(session.break_ends(), "");
}

TEST(TelnetSession, StopsWhenTheServerTakesItsAgreementBack) {
  TelnetSession session({});
  (void)session.begin();
  (void)hear(session, agrees);
  EXPECT_EQ(session.break_begins(), notice("\x05\x05"));
  EXPECT_EQ(session.break_ends(), notice("\x05\x06"));
  EXPECT_EQ(hear(session, refuses).answer, "\xff\xfc\x2c");
  EXPECT_EQ(session.break_begins(), "\xff\xf3");
}

TEST(TelnetSession, TellsWhatTheServerHasInPlaceOfWhatWasAsked) {
  TelnetSession session = session_for({115200, 'n', 8, 1});
  (void)session.begin();
  (void)hear(session, agrees);
  const auto heard = hear(session, notice("\x65\0\0\xe1\0"s));
  EXPECT_THAT(heard.wrong, ElementsAre("asked for 115200 baud, the port has 57600"));
}

TEST(TelnetSession, TellsModemLinesApartFromEachOtherAndFromFlowControl) {
  TelnetSession session({.com_port = true,
                         .settings = {.line = {}, .flow = FlowControl::none, .dtr = false, .rts = true},
                         .purge = false});
  (void)session.begin();
  const auto heard = hear(session, agrees);
  for (const auto& request : {"\x05\x01"s, "\x05\x09"s, "\x05\x0b"s}) {
    EXPECT_THAT(heard.answer, HasSubstr(notice(request)));
  }
  EXPECT_THAT(heard.answer, Not(HasSubstr(notice("\x0c\x01"))));
  (void)hear(session, notice("\x69\x01") + notice("\x69\x0b"));
  EXPECT_THAT(session.unanswered().settings, IsEmpty());
  EXPECT_THAT(session.unanswered().modem_lines, ElementsAre("DTR low"));
  const auto other = hear(session, notice("\x69\x08"));
  EXPECT_THAT(other.wrong, IsEmpty()) << "not every port has it";
  EXPECT_THAT(other.notes, Contains("asked for DTR low, the port has 8"));
}

TEST(TelnetSession, AnswersEachThingOnceAndNothingThatChangesNothing) {
  TelnetSession session({});
  (void)session.begin();
  EXPECT_EQ(hear(session, "\xff\xfd\x18").answer, "\xff\xfc\x18") << "no terminal type";
  EXPECT_EQ(hear(session, "\xff\xfd\x18").answer, "");
  EXPECT_EQ(hear(session, "\xff\xfb\x01").answer, "\xff\xfd\x01") << "the DUT echoes";
  EXPECT_EQ(hear(session, "\xff\xfd\x01").answer, "\xff\xfc\x01") << "we do not";
  EXPECT_EQ(hear(session, "\xff\xfb\x01\xff\xfe\x1f\xff\xfc\x20").answer, "");
}

TEST(TelnetSession, NotesNoMoreThanSomebodyWouldRead) {
  TelnetSession session({});
  (void)session.begin();
  std::size_t notes = 0;
  for (int i = 0; i < 1000; ++i) notes += hear(session, "\xff\xfb\x01\xff\xfc\x01").notes.size();
  EXPECT_LT(notes, 100U);
}

TEST(TelnetSession, SendsBinaryOnlyWhereThatWasAgreed) {
  TelnetSession session({});
  (void)session.begin();
  EXPECT_EQ(session.data("6\r"), "6\r\0"s);
  (void)hear(session, "\xff\xfd\0"s);
  EXPECT_EQ(session.data("6\r"), "6\r");
  EXPECT_EQ(session.data("\xff"), "\xff\xff");
}

TEST(TelnetSession, CountsBytesThatTheServersPortLost) {
  TelnetSession session({});
  (void)session.begin();
  (void)hear(session, agrees);
  (void)hear(session, notice("\x6a\x02") + notice("\x6a\x0e") + notice("\x6a\x60"));
  EXPECT_EQ(session.errors().overruns, 2U);
  EXPECT_EQ(session.errors().parity, 1U);
  EXPECT_EQ(session.errors().framing, 1U);
}

}  // namespace
}  // namespace coldboot
