#include "dataplane/rewrite/ruling.h"

namespace sallyport::rewrite {
namespace {

Treatment treatment_of(const policy::Ruling& ruling) noexcept {
  Treatment out(ruling.action);
  out.would = ruling.would;
  out.keep_last = ruling.keep_last;
  out.mask_char = ruling.mask_char;
  return out;
}

}  // namespace

bool fill_scope(const policy::Image& image, const RulingFor& who, RewriteScope::Direction direction,
                RewriteScope& scope) noexcept {
  scope.direction = direction;
  scope.actions.fill(Treatment(contract::Action::Block));
  scope.generalisations.fill(contract::Generalisation::Name);
  scope.may_restore.fill(false);
  scope.token_scope = {};
  scope.year = who.year;
  scope.tally.clear();
  scope.refusal = Refusal::None;
  scope.refusal_entity = 0xffff;
  const size_t entities = image.entity_count();
  if (who.tenant >= image.tenant_count() || who.environment >= image.environment_count() ||
      who.vendor >= image.vendor_count() || entities > kEntitiesMax)
    return false;

  const policy::Tenant tenant = image.tenant(who.tenant);
  scope.token_scope = redact::TokenScope{
      tenant.name, tenant.scope_is_principal ? who.principal : std::string_view{},
      image.vendor(who.vendor).name};
  if (scope.tokens != nullptr) scope.tokens->limit(image.limits().max_tokens_per_exchange);
  const auto way = direction == RewriteScope::Direction::Request ? contract::Direction::Request
                                                                 : contract::Direction::Response;
  for (uint16_t entity = 0; entity < entities; ++entity) {
    scope.actions[entity] =
        treatment_of(image.ruling(who.tenant, who.environment, who.vendor, way, entity));
    scope.generalisations[entity] = image.generalisation(entity);
    scope.may_restore[entity] = image.access(who.tenant, who.principal, entity, who.reason).allowed;
  }
  return true;
}

}  // namespace sallyport::rewrite
