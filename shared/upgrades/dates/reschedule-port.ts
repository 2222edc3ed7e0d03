// Rescheduling as the customer's page needs it (shared/customer-links/reschedule-port.ts).

import type { ReschedulePort, OfferRefusal } from "../../customer-links/reschedule-port.ts";
import { err, ok } from "../../kernel/result.ts";
import { choiceFor, rescheduleByCustomer, type RescheduleDeps, type RescheduleRefusal } from "./reschedule.ts";

export function reschedulePort(deps: RescheduleDeps): ReschedulePort {
  return {
    async offer(of) {
      const choice = await choiceFor(deps, of);
      if (!choice.ok) return err(refusalOf(choice.error));
      const { appointment, organisation, options, campaign } = choice.value;
      if (appointment.revision !== of.sequence) return err({ kind: "linkUsed" });
      return ok({
        organisationName: organisation.name,
        language: organisation.language,
        version: campaign.version,
        timeZone: appointment.zone,
        current: appointment,
        options,
      });
    },
    async choose({ sequence, ...of }, wallStart) {
      const moved = await rescheduleByCustomer(deps, { ...of, revision: sequence }, wallStart);
      if (!moved.ok) return err(refusalOf(moved.error));
      const { zone, start, end, revision } = moved.value;
      return ok({ wallStart: moved.value.wallStart, zone, start, end, sequence: revision });
    },
  };
}

function refusalOf(refusal: RescheduleRefusal): OfferRefusal {
  switch (refusal.kind) {
    case "revised":
      return { kind: "linkUsed" };
    case "noDate":
      return { kind: "unknown" };
    case "unknown":
    case "started":
    case "ended":
    case "changedMeanwhile":
    case "notOffered":
      return { kind: refusal.kind };
  }
}
