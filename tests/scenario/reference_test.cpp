#include "harness/scenario/reference.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "harness/file/yaml.hpp"
#include "harness/scenario/read_profile.hpp"
#include "harness/scenario/read_scenario.hpp"
#include "tests/bench/test_drivers.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

const std::filesystem::path root = COLDBOOT_SOURCE_DIR;

/// A file as an editor's YAML reader (YAML 1.2) hands it to a schema.
nlohmann::json to_json(const Node& node) {
  nlohmann::json json;
  if (node.kind == Node::Kind::list) json = nlohmann::json::array();
  if (node.kind == Node::Kind::map) json = nlohmann::json::object();
  if (node.kind == Node::Kind::scalar) {
    const bool plain = node.style == Node::Style::plain;
    const bool is_value = plain && (looks_like_number(node.text) || node.text == "true" || node.text == "false");
    return is_value ? nlohmann::json::parse(node.text, nullptr, false) : nlohmann::json(node.text);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (node.kind == Node::Kind::list) {
      json.push_back(to_json(node.items[i]));
    } else {
      json[node.keys[i].text] = to_json(node.items[i]);
    }
  }
  return json;
}

class Validator {
 public:
  explicit Validator(Kind kind) {
    const auto json = nlohmann::json::parse(json_schema(kind, *document_shapes(test_drivers()).at(kind)));
    const valijson::adapters::NlohmannJsonAdapter adapter(json);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter, schema_);
  }

  bool accepts(const std::string& text) {
    Findings findings;
    const auto node = parse_yaml(text, "f.yaml", findings);
    if (!node) return false;
    const nlohmann::json json = to_json(*node);
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(json), nullptr);
  }

 private:
  valijson::Schema schema_;
};

bool reader_accepts(Kind kind, const std::string& text) {
  const std::filesystem::path file = root / "tests/scenario/files/f.yaml";
  switch (kind) {
    case Kind::bench: return static_cast<bool>(read_bench(text, file, test_drivers()));
    case Kind::profile: return static_cast<bool>(read_profile(text, file, {}));
    case Kind::scenario: return static_cast<bool>(read_scenario(text, file, {}));
    case Kind::recording: break;
  }
  return false;
}

TEST(Schema, AcceptsTheSampleFiles) {
  for (const auto& [kind, file] : {std::pair(Kind::bench, "tests/bench/files/apu.yaml"),
                                   std::pair(Kind::profile, "tests/scenario/files/board.yaml"),
                                   std::pair(Kind::profile, "tests/scenario/files/firewall.yaml"),
                                   std::pair(Kind::profile, "tests/scenario/files/guest.yaml"),
                                   std::pair(Kind::scenario, "tests/scenario/files/compare.yaml")}) {
    const std::string text = text_of(root / file);
    EXPECT_TRUE(Validator(kind).accepts(text)) << file;
    EXPECT_TRUE(reader_accepts(kind, text)) << file;
  }
}

/// What a schema can say, it and the reader must say alike.
TEST(Schema, AgreesWithTheReader) {
  const std::string power = "coldboot: bench/1\nname: b\nconsoles: {c: {driver: test-tty, id: x}}\npower: ";
  const std::string profile = "coldboot: profile/1\nname: p\n";
  const std::string scenario = "coldboot: scenario/1\nname: s\nconfigurations: {bare: {profile: firewall}}\n";
  struct Case {
    Kind kind;
    bool good;
    std::string text;
  };
  for (const Case& one : {
           Case{Kind::bench, true, power + "{driver: test-relay, id: x}"},
           Case{Kind::bench, true, power + "{driver: test-relay, id: \"7\", channel: 8, off-min: 0 s}"},
           Case{Kind::bench, true, power + "{driver: test-outlet, id: x, safe: {state: off-clean}}"},
           Case{Kind::bench, false, power + "{driver: test-outlet, id: x, channel: 1}"},
           Case{Kind::bench, false, power + "{driver: test-outlet, id: x, side: dc}"},
           Case{Kind::bench, true, power + "{driver: test-relay, id: x, contact: normally-closed, side: mains}"},
           Case{Kind::bench, true, power + "{driver: test-relay, id: x, retry: {times: 0}, settle: 0 s}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: x, retry: 2}"},
           Case{Kind::bench, true, power + "{driver: test-outlet, id: x, button: {driver: test-relay, id: p}}"},
           Case{Kind::bench, false, power + "{driver: test-outlet, id: x, button: {driver: test-outlet, id: p}}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: 7}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: x, channel: 0}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: x, channel: \"1\"}"},
           Case{Kind::bench, false, power + "{driver: test-tty, id: x}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: x, off-min: 10}"},
           Case{Kind::bench, false, power + "{driver: test-relay, id: x, off-min: 10 minutes}"},
           Case{Kind::bench, false, "coldboot: bench/1\nname: b\npower: {driver: test-relay, id: x}\n"},
           Case{Kind::bench, false, "coldboot: bench/2\n" + power.substr(18) + "{driver: test-relay, id: x}"},
           Case{Kind::profile, true, profile},
           Case{Kind::profile, true, profile + "markers: {a: {match: x}}\nspans: {s: {from: power-on, to: a}}"},
           Case{Kind::profile, false, profile + "markers: {a: {match: x, sent: z}}"},
           Case{Kind::profile, false, profile + "markers: {a: {quiet: 1 s}}"},
           Case{Kind::profile, false, profile + "markers: {a: {match: 1}}"},
           Case{Kind::profile, false, profile + "markers: {a.b: {match: x}}"},
           Case{Kind::profile, false, profile + "markers: {}"},
           Case{Kind::profile, false, profile + "markers: {a: {match: x, quiet: 0 s}}"},
           Case{Kind::profile, false, profile + "failures: [{class: a, match: x, effect: none}]"},
           Case{Kind::profile, false, profile + "spans: {s: {from: power-on}}"},
           Case{Kind::profile, false, "name: p\n"},
           Case{Kind::scenario, true, scenario},
           Case{Kind::scenario, true,
                scenario + "steps: [power-cycle, expect: {marker: menu, within: 9 s}, power-off]"},
           Case{Kind::scenario, true, scenario + "steps: [{power-on: }, {power-off: {how: cut}}]"},
           Case{Kind::scenario, false, scenario + "steps: [expect]"},
           Case{Kind::scenario, false, scenario + "steps: [power-on, power-of]"},
           Case{Kind::scenario, false, scenario + "steps: [{power-on: {}, power-off: {}}]"},
           Case{Kind::scenario, false, scenario + "steps: []"},
           Case{Kind::scenario, false, scenario + "repeat: {boots: 0}"},
           Case{Kind::scenario, false, scenario + "repeat: {boots: 1.5}"},
           Case{Kind::scenario, false, scenario + "limits: [{id: a, that: bare.loader <= 1 s, gate: \"true\"}]"},
           Case{Kind::scenario, false, scenario + "flash: golden.rom"},
       }) {
    EXPECT_EQ(Validator(one.kind).accepts(one.text), one.good) << "schema: " << one.text;
    EXPECT_EQ(reader_accepts(one.kind, one.text), one.good) << "reader: " << one.text;
  }
}

/// The bench's files depend on the drivers built in; who knows them compares those.
TEST(Reference, IsWhatTheDescriptionsGenerate) {
  const std::map<Kind, keys::ShapePtr> documents = {{Kind::profile, profile_shape()},
                                                    {Kind::scenario, scenario_shape()}};
  for (const auto& [path, text] : reference_files(documents)) {
    EXPECT_EQ(text_of(root / path), text)
        << path << " is not what the descriptions say. Update it with: ./dev generate";
  }
}

TEST(Reference, DescribesEveryDriverOfABench) {
  const std::string page = reference_page(Kind::bench, *bench_shape(test_drivers()));
  EXPECT_THAT(page, testing::StartsWith("# bench file\n"));
  EXPECT_THAT(page, testing::HasSubstr("### power with `driver: test-relay`\n\nA relay board of the tests.\n"));
  EXPECT_THAT(page, testing::HasSubstr(
                        "| `reports` | a whole number from 1 to 8, such as `1` | 1 | How it reports its state. |"));
  EXPECT_THAT(page, testing::HasSubstr("| Channel, counted from 1. Only with a relay. |"));
  EXPECT_THAT(page, testing::HasSubstr("## medium\n"));
}

TEST(Reference, IsWrittenBelowTheRoot) {
  const TemporaryFolder own;
  const std::filesystem::path& folder = own.path();
  ASSERT_TRUE(write_reference(folder, {{Kind::profile, profile_shape()}}));
  EXPECT_EQ(text_of(folder / "docs/reference/profile.md"), reference_page(Kind::profile, *profile_shape()));
  EXPECT_EQ(text_of(folder / "docs/schema/profile.schema.json"), json_schema(Kind::profile, *profile_shape()));
}

}  // namespace
}  // namespace coldboot
