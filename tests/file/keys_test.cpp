#include "harness/file/keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/file/document.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

enum class Contact { normally_open, normally_closed };

struct Sample {
  std::string text;
  int count = 7;
  double share = 0.5;
  bool gate = true;
  std::optional<Nanos> quiet;
  Nanos within{};
  std::uint64_t size = 0;
  std::optional<LineRate> line;
  Contact contact = Contact::normally_open;
  std::vector<std::string> tags;
  std::vector<keys::Entry<int>> channels;
  std::string typed;
  std::filesystem::path file;
  std::string name;
  Place place;
};

keys::Type<Sample> sample_type() {
  return keys::object<Sample>("sample", "A sample.")
      .at(&Sample::place)
      .required("text", &Sample::text, keys::text(), "Text.")
      .optional("count", &Sample::count, keys::integer(1, 9), "Count.")
      .optional("share", &Sample::share, keys::number(0, 1), "Share.")
      .optional("gate", &Sample::gate, keys::boolean(), "Gate.")
      .optional("quiet", &Sample::quiet, keys::duration(), "Quiet.")
      .optional("within", &Sample::within, keys::time_limit(), "Within.")
      .optional("size", &Sample::size, keys::size(), "Size.")
      .optional("line", &Sample::line, keys::line_rate(), "Line.")
      .optional("contact", &Sample::contact,
                keys::word<Contact>(
                    {{"normally-open", Contact::normally_open, ""}, {"normally-closed", Contact::normally_closed, ""}}),
                "Contact.")
      .optional("tags", &Sample::tags, keys::list(keys::text()), "Tags.")
      .optional("channels", &Sample::channels, keys::entries(keys::integer()), "Channels.")
      .optional("typed", &Sample::typed, keys::typed_text(), "Typed.")
      .optional("file", &Sample::file, keys::path(), "File.")
      .optional("name", &Sample::name, keys::name(), "Name.");
}

Reading<Sample> read(const std::string& text) {
  Findings findings;
  auto sample = read_document(Kind::bench, sample_type(), "coldboot: bench/1\n" + text, "lab/f.yaml", findings);
  return {std::move(sample), findings};
}

std::string mistakes_of(const std::string& text) {
  std::string lines;
  for (const Fault& fault : read(text).mistakes) lines += fault.text() + "\n";
  return lines;
}

TEST(Keys, ReadEveryTypeIntoItsMember) {
  const auto sample = read(R"(text: "2.10"
count: 3
share: 0.25
gate: false
quiet: 200 ms
within: 2 min
size: 8 MiB
line: "9600e7"
contact: normally-closed
tags: [a, b]
channels: {left: 1, right: 2}
typed: '6\ry\x0a\\'
file: ../images/a.img
name: com-1
)");
  ASSERT_TRUE(sample) << sample.mistakes.front().text();
  EXPECT_EQ(sample->text, "2.10");
  EXPECT_EQ(sample->count, 3);
  EXPECT_EQ(sample->share, 0.25);
  EXPECT_FALSE(sample->gate);
  EXPECT_EQ(sample->quiet, 200ms);
  EXPECT_EQ(sample->within, 2min);
  EXPECT_EQ(sample->size, 8U << 20U);
  EXPECT_EQ(sample->line->text(), "9600e7");
  EXPECT_EQ(sample->contact, Contact::normally_closed);
  EXPECT_EQ(sample->tags, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(sample->channels.size(), 2U);
  EXPECT_EQ(sample->channels[1].name, "right");
  EXPECT_EQ(sample->channels[1].value, 2);
  EXPECT_EQ(sample->typed, "6\ry\n\\");
  EXPECT_EQ(sample->file, "images/a.img");
  EXPECT_EQ(sample->place, (Place{"lab/f.yaml", 1, 1}));
}

TEST(Keys, LeaveDefaultsAloneWhereNothingIsWritten) {
  const auto sample = read("text: x\n");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->count, 7);
  EXPECT_FALSE(sample->quiet);
}

struct Wrong {
  const char* name;
  const char* text;  ///< after "text: x"
  const char* expected;
};

/// Printed by gtest for a case that fails.
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.text;
}

class KeysRefuse : public testing::TestWithParam<Wrong> {};

TEST_P(KeysRefuse, WithPlaceAndReason) {
  EXPECT_EQ(mistakes_of(std::string("text: x\n") + GetParam().text),
            std::string("lab/f.yaml:3:") + GetParam().expected + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Values, KeysRefuse,
    testing::Values(
        Wrong{"number_as_name", "name: 2.10", "7: found the number 2.10, expected a name (quote it: \"2.10\")"},
        Wrong{"word_for_boolean", "gate: yes", "7: found \"yes\", expected true or false"},
        Wrong{"capital_boolean", "gate: True", "7: found \"True\", expected true or false"},
        Wrong{"quoted_boolean", "gate: \"true\"", "7: found \"true\", expected true or false"},
        Wrong{"boolean_for_text", "name: no",
              "7: found no, which some YAML readers take for a boolean, expected a name (quote it: \"no\")"},
        Wrong{"quoted_integer", "count: \"3\"",
              "8: found \"3\", expected a whole number from 1 to 9 (leave the quotes out)"},
        Wrong{"octal_integer", "count: 03",
              "8: found the number 03, expected a whole number from 1 to 9 (leave the zero in front out)"},
        Wrong{"out_of_range", "count: 10", "8: found the number 10, expected a whole number from 1 to 9"},
        Wrong{"fraction", "count: 1.5", "8: found the number 1.5, expected a whole number from 1 to 9"},
        Wrong{"list_for_integer", "count: [3]", "8: found a list, expected a whole number from 1 to 9"},
        Wrong{"share_too_large", "share: 95", "8: found the number 95, expected a number from 0 to 1"},
        Wrong{"bare_duration", "quiet: 10",
              "8: found the number 10, expected a duration such as 10 s (a quantity carries its unit)"},
        Wrong{"no_time_at_all", "within: 0 s", "9: found \"0 s\", expected a duration above 0 s such as 60 s"},
        Wrong{"bare_size", "size: 8388608",
              "7: found the number 8388608, expected a size such as 8 MiB (a quantity carries its unit)"},
        Wrong{"bare_rate", "line: 115200",
              "7: found the number 115200, expected a line rate such as 115200n8 (a quantity carries its unit)"},
        Wrong{"rate_like_a_number", "line: 9600e7",
              "7: found the number 9600e7, expected a line rate such as 115200n8 (quote it: \"9600e7\")"},
        Wrong{"unknown_word", "contact: normaly-open",
              "10: found \"normaly-open\", expected normally-open or normally-closed (did you mean normally-open?)"},
        Wrong{"text_for_list", "tags: a",
              "7: found \"a\", expected a list of at least one (a list stands in brackets: [one, two])"},
        Wrong{"empty_list", "tags: []", "7: found an empty list, expected a list of at least one"},
        Wrong{"number_in_list", "tags: [a, 7]", "11: found the number 7, expected a text (quote it: \"7\")"},
        Wrong{"boolean_as_key", "channels: {off: 1}",
              "12: found off, which some YAML readers take for a boolean, expected a name (quote it: \"off\")"},
        Wrong{"bad_name", "channels: {a.b: 1}", "12: found \"a.b\", expected a name of letters, digits, '-' and '_'"},
        Wrong{"bad_escape", "typed: '\\q'", "8: found the escape \"\\q\", expected one of \\r \\n \\t \\e \\\\ \\xHH"},
        Wrong{"nothing", "typed:", "1: found nothing, expected a text to type, with \\r for the return key"},
        Wrong{"empty_text", "typed: ''",
              "8: found an empty text, expected a text to type, with \\r for the return key"},
        Wrong{"unknown_key", "cuont: 1",
              "1: found the key cuont, expected one of text, count, share, gate, quiet, within, size, line, contact, "
              "tags, "
              "channels, typed, file, name (did you mean count?)"}),
    [](const auto& param) { return param.param.name; });

TEST(Keys, TellAllMistakesSortedByPlace) {
  EXPECT_EQ(mistakes_of("name: a b\ncount: 0\ngate: on\n"),
            "lab/f.yaml:1:1: found no key text, expected text: a text\n"
            "lab/f.yaml:2:7: found \"a b\", expected a name of letters, digits, '-' and '_'\n"
            "lab/f.yaml:3:8: found the number 0, expected a whole number from 1 to 9\n"
            "lab/f.yaml:4:7: found \"on\", expected true or false\n");
}

struct Header {
  const char* text;
  const char* expected;
};

TEST(Document, BeginsWithWhatItIs) {
  for (const Header& header :
       {Header{"", "f.yaml:1:1: found nothing, expected \"coldboot: bench/1\" first"},
        Header{"[a]", "f.yaml:1:1: found a list, expected \"coldboot: bench/1\" first"},
        Header{"name: x\n", "f.yaml:1:1: found the key name, expected \"coldboot: bench/1\" first"},
        Header{"name: x\ncoldboot: bench/1\n",
               "f.yaml:1:1: found the key name, expected \"coldboot: bench/1\" first (move the line with coldboot to "
               "the top)"},
        Header{"coldboot: profile/1\n", "f.yaml:1:11: found a profile file, expected a bench file (bench/1)"},
        Header{"coldboot: bensh/1\n", "f.yaml:1:11: found \"bensh/1\", expected bench/1 (did you mean bench/1?)"},
        Header{"coldboot: bench/2\n",
               "f.yaml:1:11: found bench/2, which is newer than this coldboot reads, expected bench/1 (a newer "
               "coldboot reads it)"},
        Header{"coldboot: bench/0\n", "f.yaml:1:11: found \"bench/0\", expected bench/1"},
        Header{"coldboot: 1\n", "f.yaml:1:11: found the number 1, expected bench/1"},
        Header{"coldboot:\n", "expected bench/1"}}) {
    Findings findings;
    EXPECT_FALSE(parse_document(Kind::bench, header.text, "f.yaml", findings));
    ASSERT_EQ(findings.mistakes().size(), 1U) << header.text;
    EXPECT_THAT(findings.mistakes()[0].text(), testing::HasSubstr(header.expected));
  }
}

TEST(Document, IsRefusedWhereItCannotBeRead) {
  EXPECT_EQ(read_text("/nonexistent/x.yaml").error().text(),
            "/nonexistent/x.yaml: cannot be opened: No such file or directory");
  EXPECT_EQ(read_text("/").error().text(), "/: found a folder, expected a file");
}

struct Nothing {};
struct Picked {
  int number = 0;
  explicit Picked(Nothing) : number(1) {}
  explicit Picked(const Sample& sample) : number(sample.count) {}
};

keys::Type<Picked> picked_type() {
  return keys::one_of<Picked>("picked", "One.")
      .or_else("nothing", keys::object<Nothing>("nothing", "No keys."))
      .or_else("sample", sample_type());
}

std::string pick(const std::string& text) {
  Findings findings;
  const auto node = parse_yaml(text, "f.yaml", findings);
  const auto picked = picked_type().read(*node, findings);
  return picked ? std::to_string(picked->number) : findings.mistakes().front().text();
}

TEST(OneOf, IsAMapWithOneKeyOrItsWordAlone) {
  EXPECT_EQ(pick("nothing"), "1");
  EXPECT_EQ(pick("nothing:"), "1");
  EXPECT_EQ(pick("nothing: {}"), "1");
  EXPECT_EQ(pick("sample: {text: x, count: 4}"), "4");
  EXPECT_EQ(pick("sample"), "f.yaml:1:1: found no key text, expected text: a text");
  EXPECT_EQ(pick("samble: {text: x}"),
            "f.yaml:1:1: found samble, expected one of nothing, sample (did you mean sample?)");
  EXPECT_EQ(
      pick("{nothing: {}, sample: {}}"),
      "f.yaml:1:1: found a map of several keys, expected one of nothing, sample (each begins with its own \"- \", and "
      "what belongs to it stands in braces)");
  EXPECT_EQ(pick("[nothing]"), "f.yaml:1:1: found a list, expected one of nothing, sample");
}

TEST(Kept, KeysBecomeTheDriversConfigAgain) {
  const auto sample =
      keys::from_kept(sample_type(), {{"text", "007"}, {"count", "3"}, {"gate", "false"}}, {"f.yaml", 4, 3});
  ASSERT_TRUE(sample) << sample.error().text();
  EXPECT_EQ(sample->text, "007");
  EXPECT_EQ(sample->count, 3);
  EXPECT_FALSE(sample->gate);
  EXPECT_EQ(keys::from_kept(sample_type(), {}, {"f.yaml", 4, 3}).error().text(),
            "f.yaml:4:3: found no key text, expected text: a text");
}

}  // namespace
}  // namespace coldboot
