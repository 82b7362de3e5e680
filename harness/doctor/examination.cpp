#include "harness/doctor/examination.hpp"

#include <utility>

#include <fmt/format.h>

namespace coldboot {

Examination::Examination(const BenchFile& file, const Catalog& drivers, DoctorOptions wanted, Tell tell)
    : bench(file), catalog(drivers), options(std::move(wanted)), clock_(bench.pace), tell_(std::move(tell)) {}

Examination::~Examination() {
  if (lease) lease->hand_back();
}

std::string Examination::place(const std::string& part) const {
  return fmt::format("{}/{}", bench.name, part);
}

OpenContext Examination::context_for(const std::string& part) {
  return OpenContext{.clock = clock(),
                     .virtual_clock = clock_.get_virtual(),
                     .parts = parts_,
                     .bench = bench.name,
                     .where = place(part),
                     .line = std::nullopt,
                     .network = nullptr,
                     .tell = [this, where = place(part)](const EventBody& event) { take_event(where, event); }};
}

/// What a device notices by itself is as good as a check of ours.
void Examination::take_event(const std::string& where, const EventBody& event) {
  if (const auto* note = std::get_if<Note>(&event)) warning(where, note->text);
  if (const auto* seen = std::get_if<FaultSeen>(&event)) wrong(seen->fault);
}

void Examination::begin(const char* check) {
  const std::lock_guard lock(mutex_);
  check_ = check;
}

void Examination::ok(const std::string& where, std::string found, std::string remedy) {
  say(Health::ok, where, std::move(found), std::move(remedy));
}

void Examination::warning(const std::string& where, std::string found, std::string remedy) {
  say(Health::warning, where, std::move(found), std::move(remedy));
}

void Examination::wrong(const Fault& fault) {
  say(Health::wrong, fault.where(), fault.what(), fault.hint());
}

void Examination::wrong(const std::string& where, std::string found, std::string remedy) {
  say(Health::wrong, where, std::move(found), std::move(remedy));
}

std::vector<Diagnosis> Examination::diagnoses() const {
  const std::lock_guard lock(mutex_);
  return diagnoses_;
}

void Examination::say(Health health, const std::string& where, std::string found, std::string remedy) {
  const std::lock_guard lock(mutex_);
  diagnoses_.push_back({check_, health, where, std::move(found), std::move(remedy)});
  if (tell_) tell_(diagnoses_.back());
}

}  // namespace coldboot
