#include "harness/event/event_codec.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/event/sample_events.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
TEST(EventCodec, ReadsBackEveryBodyAsItWas) {
  std::set<std::string_view> types;
  for (const Event& event : sample_events(run_origin)) {
    const std::string line = encode_event(event, run_origin);
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    const auto back = decode_event(line, run_origin);
    ASSERT_TRUE(back) << line << ": " << back.error().text();
    EXPECT_EQ(*back, event) << line;
    types.insert(type_of(event.body));
  }
  EXPECT_EQ(types.size(), std::variant_size_v<EventBody> - 2) << "a written type has no sample";
}

TEST(EventCodec, WritesALineAPersonCanRead) {
  const Event event{7, run_origin + 1500ns, 3, ConsoleSent{"com1", "6\ry\xff", 12}};
  EXPECT_EQ(encode_event(event, run_origin),
            R"({"seq":7,"t_ns":1500,"boot":3,"type":"console-sent","console":"com1","bytes":"6\ryÿ","at_offset":12})");
}

TEST(EventCodec, TurnsBytesThatAreNoTextIntoTheReplacementCharacter) {
  const auto back = decode_event(encode_event({1, run_origin, 0, Note{"a\xff"}}, run_origin), run_origin);
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<Note>(back->body).text, "a\xEF\xBF\xBD");
}

struct Garbage {
  const char* line;
  const char* says;
};

TEST(EventCodec, SaysWhatIsWrongWithALine) {
  constexpr std::array cases{
      Garbage{"", "one JSON object"},
      Garbage{"[1,2]", "one JSON object"},
      Garbage{R"({"seq":1,"t_ns":0,"boot":0,"type":"note","text":"x")", "one JSON object"},
      Garbage{R"({"seq":-1,"t_ns":0,"boot":0,"type":"note","text":"x"})", "\"seq\" to be a whole number from 0"},
      Garbage{R"({"seq":1,"t_ns":0.5,"boot":0,"type":"note","text":"x"})", "\"t_ns\" to be a whole number"},
      Garbage{R"({"seq":1,"t_ns":9223372036854775807,"boot":0,"type":"note","text":"x"})", "within a hundred years"},
      Garbage{R"({"seq":1,"t_ns":18446744073709551615,"boot":0,"type":"note","text":"x"})", "below 2^63"},
      Garbage{R"({"seq":1,"t_ns":0,"boot":4294967296,"type":"note","text":"x"})", "\"boot\" to be a number of at most"},
      Garbage{R"({"seq":1,"t_ns":0,"boot":0,"type":"marker-seen"})", "a known \"type\""},
      Garbage{R"({"seq":1,"t_ns":0,"boot":0,"type":"note"})", "\"text\" to be a text"},
      Garbage{R"({"seq":1,"t_ns":0,"boot":0,"type":"console-sent","console":"c","bytes":"Ā","at_offset":0})",
              "up to U+00FF"},
      Garbage{
          R"({"seq":1,"t_ns":0,"boot":0,"type":"fault-seen","fault":{"cause":"gremlins","where":"","what":"","hint":""}})",
          "in \"fault\": expected \"cause\" to be one of internal, mistake"},
      Garbage{
          R"({"seq":1,"t_ns":0,"boot":0,"type":"console-opened","console":"c","device":"d","line":"fast","resolution_ns":0})",
          "\"line\" to be a line rate"},
      Garbage{
          R"({"seq":1,"t_ns":0,"boot":0,"type":"command-run","argv":["a",1],"exit_status":0,"output":"","started_ns":0})",
          "\"argv\" to be a list of texts"},
  };
  for (const Garbage& one : cases) {
    const auto event = decode_event(one.line, run_origin);
    ASSERT_FALSE(event) << one.line;
    EXPECT_EQ(event.error().cause(), Cause::protocol);
    EXPECT_NE(event.error().what().find(one.says), std::string::npos)
        << event.error().text() << "\n  lacks: " << one.says;
  }
}

TEST(EventCodec, SurvivesLinesWithAnyByteChangedOrCutOff) {
  std::mt19937 random(7);
  for (const Event& event : sample_events(run_origin)) {
    const std::string line = encode_event(event, run_origin);
    for (std::size_t i = 0; i < line.size(); ++i) {
      std::string changed = line;
      changed[i] = static_cast<char>(random());
      (void)decode_event(changed, run_origin);
      EXPECT_FALSE(decode_event(std::string_view(line).substr(0, i), run_origin));
    }
  }
}

}  // namespace
}  // namespace coldboot
