// Binds every capability to the adapters, once per process, lowest capability first. What one needs of a capability above it
// is asked for when it is used.

import alerts from "../infra/contract/alerts.json" with { type: "json" };
import { auditVerbs, type AuditVerbs } from "../shared/audit/verbs.ts";
import { organisationSuite, type OrganisationSuite } from "../shared/checks/organisation-suite.ts";
import { checkStore, observedCheckStore } from "../shared/checks/store.ts";
import { checkVerbs } from "../shared/checks/verbs.ts";
import { noticeComposer } from "../shared/customer-links/notice-composer.ts";
import { customerLinkVerbs } from "../shared/customer-links/verbs.ts";
import type { ControlPlane } from "../shared/docuware/control-plane/control-plane.ts";
import { createHttpControlPlane } from "../shared/docuware/control-plane/http-control-plane.ts";
import { freezeVerbs } from "../shared/freezes/verbs.ts";
import { defined } from "../shared/kernel/defined.ts";
import { incidentVerbs } from "../shared/incidents/verbs.ts";
import { noticeVerbs } from "../shared/notices/verbs.ts";
import { organisationVerbs, type OrganisationVerbs } from "../shared/organisations/verbs.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import { authenticator } from "../shared/platform/http/authentication.ts";
import { systemIds } from "../shared/platform/ids.ts";
import { instanceName } from "../shared/platform/instance-name.ts";
import { functionRegistry } from "../shared/platform/liveness.ts";
import { postOnce } from "../shared/platform/outbound/lazy-post.ts";
import { type Settings, isRole } from "../shared/capabilities.ts";
import { observedSuite } from "../shared/docuware/functional-suite/observed-suite.ts";
import type { Telemetry } from "../shared/platform/telemetry/telemetry.ts";
import { tracedControlPlane } from "../shared/docuware/control-plane/traced-control-plane.ts";
import { systemWait } from "../shared/platform/wait.ts";
import type { Verify } from "../shared/upgrades/upgrade/perform-step.ts";
import { verifyBySuite } from "../shared/upgrades/upgrade/verify-by-suite.ts";
import { upgradeVerbs, type UpgradeVerbs } from "../shared/upgrades/verbs.ts";
import { webhookVerbs } from "../shared/webhooks/verbs.ts";
import { makeAdapters, type Adapters } from "./adapters.ts";
import { readinessChecks } from "./readiness.ts";

export type App = Awaited<ReturnType<typeof compose>>;

export async function compose(settings: Settings, telemetry: Telemetry) {
  const adapters = await makeAdapters(settings, telemetry);
  const { clock, clockWatch, log, bus, queueAge } = adapters;
  const capabilities = capabilitiesOf(settings, adapters);
  const registry = functionRegistry(steadyClock);
  return {
    telemetry,
    clock,
    clockWatch,
    log,
    bus,
    registry,
    issuer: settings.auth.issuer,
    authenticate: authenticator({ ...settings.auth, clock: clockWatch.trusted, isRole }),
    readinessChecks: readinessChecks({ ...capabilities, clockWatch, queueAge, registry }),
    ...capabilities,
  };
}

function capabilitiesOf(settings: Settings, adapters: Adapters) {
  const { tables, bus, clock, clockWatch, log } = adapters;
  const { audit, incidents, notices, webhooks } = informingOf(settings, adapters);
  const organisations = organisationVerbs({
    tables,
    clock,
    log,
    outbound: settings.outbound,
    freezes: () => freezes.store.all(),
    deletions: () => upgrades.deletions,
  });
  const organisationOf = organisations.find;
  const freezes = freezeVerbs({ tables, organisations: organisations.store, clock, wait: systemWait });
  const customerLinks = customerLinksOf(settings, adapters, audit, organisationOf, () => upgrades);
  const suite = suiteOf(settings, adapters);
  const checks = checkVerbs({
    checks: observedCheckStore(checkStore(tables), adapters.telemetry),
    organisations: organisations.store,
    organisationOf,
    suite,
    bus,
    clock,
    log,
    isBeingUpgraded: (organisationId) => upgrades.isBeingUpgraded(organisationId),
  });
  const upgrades = upgradeVerbs({
    tables,
    bus,
    clock,
    trustedClock: clockWatch.trusted,
    ids: systemIds,
    log,
    controlPlane: controlPlaneOf(settings, adapters),
    organisations: organisations.store,
    organisationOf,
    freezes: () => freezes.store.all(),
    verify: verifierOf(organisationOf, suite, adapters),
    latestChecks: checks.latest,
    requestCheck: checks.request,
    notices,
    raiseIncident: incidents.raise,
    publish: webhooks.publish,
    traceparent: () => adapters.telemetry.traceparent(),
    settings: settings.upgrade,
  });
  return { audit, incidents, organisations, freezes, notices, webhooks, customerLinks, checks, upgrades };
}

function customerLinksOf(
  settings: Settings,
  { clock, log }: Adapters,
  audit: AuditVerbs,
  organisationOf: OrganisationVerbs["find"],
  upgrades: () => UpgradeVerbs,
) {
  const { supportAddress: email, supportPhone: phone } = settings.mail;
  return customerLinkVerbs({
    keys: settings.linkKeys,
    clock,
    log,
    support: { email, ...defined({ phone }) },
    audit: audit.log,
    organisationOf,
    reschedulePort: {
      offer: (of) => upgrades().reschedulePort.offer(of),
      choose: (of, wallStart) => upgrades().reschedulePort.choose(of, wallStart),
    },
    appointmentsOf: (organisationId) => upgrades().appointmentsOf(organisationId),
  });
}

/** What it keeps is not observed as checks are: a verification that fails is the upgrade's own affair. */
function verifierOf(organisationOf: OrganisationVerbs["find"], suite: OrganisationSuite, adapters: Adapters): Verify {
  const runSuite = observedSuite(suite.run, adapters.telemetry);
  const kept = checkStore(adapters.tables);
  return verifyBySuite({ organisationOf, runSuite, keepCheck: (check) => kept.keep(check) });
}

/** What writes down and tells people and other systems: they need no capability but incidents. */
function informingOf(settings: Settings, adapters: Adapters) {
  const { tables, clock, clockWatch, log, mailer } = adapters;
  const { quota, sender, supportAddress, supportPhone } = settings.mail;
  const trustedClock = clockWatch.trusted;
  const baseUrl = settings.publicBaseUrl;
  const audit = auditVerbs({ tables: adapters.auditTables, clock, trustedClock, ids: systemIds });
  const incidents = incidentVerbs({
    tables,
    mailer,
    clock,
    trustedClock,
    log,
    supportAddress,
    baseUrl,
    alerts,
    instance: instanceName(),
  });
  const notices = noticeVerbs({
    tables,
    mailer,
    clock,
    log,
    quota,
    composer: noticeComposer({
      baseUrl,
      keys: settings.linkKeys,
      supportAddress,
      ...defined({ supportPhone }),
      organizer: { name: "DocuWare Cloud Operations", email: sender },
    }),
    raiseIncident: incidents.raise,
    traceparent: () => adapters.telemetry.traceparent(),
  });
  const webhooks = webhookVerbs({
    tables,
    clock,
    ids: systemIds,
    log,
    masterKey: settings.webhooks.masterKey,
    outbound: settings.webhooks.outbound,
    resolve: adapters.resolve,
    post: postOnce,
    raiseIncident: incidents.raise,
  });
  return { audit, incidents, notices, webhooks };
}

const controlPlaneOf = ({ controlPlane: { url } }: Settings, { operatorHttp, telemetry }: Adapters): ControlPlane =>
  tracedControlPlane(createHttpControlPlane({ baseUrl: url, http: operatorHttp, clock: steadyClock }), telemetry);

function suiteOf({ probe }: Settings, { http }: Adapters): OrganisationSuite {
  // A clock that is set on the way must fail no step.
  const deps = { http, clock: steadyClock, ids: systemIds, wait: systemWait };
  const credentials =
    probe.kind === "client"
      ? ({ ...probe, kind: "clientCredentials" } as const)
      : ({ ...probe, kind: "password" } as const);
  return organisationSuite(deps, credentials);
}
