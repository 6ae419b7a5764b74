#include "dataplane/rewrite/text/ruling.h"

#include <array>

namespace sallyport::rewrite {
namespace {

Treatment treatment_of(const policy::Ruling& ruling) noexcept {
  Treatment out(ruling.action);
  out.would = ruling.would;
  out.keep_last = ruling.keep_last;
  out.mask_char = ruling.mask_char;
  return out;
}

// Most entities and roles share a few decisions, and every exchange asks for all of them.
class RulingCache {
 public:
  const EntityRulings::ByRole& find(const policy::Image& image, uint16_t decision) noexcept {
    Slot& slot = slots_[decision % slots_.size()];
    if (!slot.known || slot.decision != decision) {
      slot.known = true;
      slot.decision = decision;
      slot.ruling.treatment = treatment_of(image.ruling_of(decision, kFullConfidence));
      slot.ruling.decision = image.is_plain(decision) ? EntityRulings::kPlain : decision;
    }
    return slot.ruling;
  }

 private:
  struct Slot {
    bool known = false;
    uint16_t decision = 0;
    EntityRulings::ByRole ruling;
  };
  std::array<Slot, 16> slots_;
};

}  // namespace

Treatment RewriteScope::treatment(RoleSet roles, uint16_t entity,
                                  unsigned confidence) const noexcept {
  Treatment out(contract::Action::Allow);
  bool any = false;
  for (size_t role = 0; role < contract::kRoleCount; ++role) {
    if (!roles.has(static_cast<contract::Role>(role))) continue;
    const EntityRulings::ByRole& one = actions[entity].by_role[role];
    const Treatment said = one.decision == EntityRulings::kPlain
                               ? one.treatment
                               : treatment_of(image->ruling_of(one.decision, confidence));
    if (!any || strictness(said) > strictness(out)) out = said;
    any = true;
  }
  return any ? out : Treatment(contract::Action::Block);
}

bool fill_scope(const policy::Image& image, const RulingFor& who, RewriteScope::Direction direction,
                RewriteScope& scope) noexcept {
  scope.direction = direction;
  scope.actions.fill(EntityRulings(contract::Action::Block));
  scope.image = &image;
  scope.generalisations.fill(contract::Generalisation::Name);
  scope.may_restore.fill(false);
  scope.unknown_field = contract::UnknownField::Inspect;
  scope.token_scope = {};
  scope.dictionaries = 0;
  scope.year = who.year;
  scope.tally.clear();
  scope.refusal = Refusal::None;
  scope.refusal_entity = 0xffff;
  scope.refusal_subject = {};
  scope.opaque_refused.fill(true);
  const size_t entities = image.entity_count();
  if (who.tenant >= image.tenant_count() || who.environment >= image.environment_count() ||
      who.vendor >= image.vendor_count() || entities > kEntitiesMax)
    return false;

  const policy::Tenant tenant = image.tenant(who.tenant);
  scope.dictionaries = image.dictionaries_of(who.tenant);
  scope.token_scope = redact::TokenScope{
      tenant.name, tenant.scope_is_principal ? who.principal : std::string_view{},
      image.vendor(who.vendor).name};
  scope.unknown_field = image.vendor(who.vendor).unknown_field;
  if (scope.tokens != nullptr) scope.tokens->limit(image.limits().max_tokens_per_exchange);
  const auto way = direction == RewriteScope::Direction::Request ? contract::Direction::Request
                                                                 : contract::Direction::Response;
  for (size_t reason = 0; reason < contract::kOpaqueReasonCount; ++reason)
    scope.opaque_refused[reason] = !image
                                        .opaque(who.tenant, who.environment, who.vendor, way,
                                                static_cast<contract::OpaqueReason>(reason))
                                        .allowed;
  RulingCache rulings;
  for (size_t role = 0; role < contract::kRoleCount; ++role) {
    const auto decisions = image.decisions(who.tenant, who.environment, who.vendor, way,
                                           static_cast<contract::Role>(role));
    for (size_t entity = 0; entity < entities; ++entity)
      scope.actions[entity].by_role[role] = rulings.find(image, decisions[entity]);
  }
  for (uint16_t entity = 0; entity < entities; ++entity)
    scope.generalisations[entity] = image.generalisation(entity);
  if (who.reason.empty()) return true;  // most exchanges: nothing is restored
  for (uint16_t entity = 0; entity < entities; ++entity)
    scope.may_restore[entity] = image.access(who.tenant, who.principal, entity, who.reason).allowed;
  return true;
}

}  // namespace sallyport::rewrite
