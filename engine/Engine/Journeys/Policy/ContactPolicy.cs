using CartRecovery.Engine.Configuration.Stores;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>
/// Decides whether and when a message may be sent, as a pure function of its inputs. Checked when a message is planned and again when it is
/// sent. A temporary obstacle defers the message until it expires; the reported reason is that of the longest wait.
/// </summary>
public sealed class ContactPolicy
{
    // One rule can defer into another's time, such as quiet hours into a closed day. Converges within days.
    const int MaxRounds = 32;

    readonly bool _isConsentRequired;
    readonly long _firstMessage;
    readonly QuietHours? _quiet;
    readonly BusinessHours? _business;

    /// <summary>Creates the policy of a configuration.</summary>
    public ContactPolicy(ContactConfig config)
    {
        _isConsentRequired = config.Consent == ConsentRule.Required;
        _firstMessage = (long)config.FirstMessage.Value.TotalMilliseconds;
        _quiet = config.QuietHours is { } quiet && quiet.From != quiet.To ? new QuietHours(quiet.From.Value, quiet.To.Value) : null;
        _business = config.BusinessHours is { } hours
            ? new BusinessHours(hours.Days.Aggregate(0, (days, day) => days | (1 << (int)day)), hours.From.Value, hours.To.Value) : null;
    }

    /// <summary>Checks a message.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <param name="facts">The message and its customer.</param>
    public PolicyVerdict Check(long now, in ContactFacts facts)
    {
        if (now > facts.UsefulUntil)
        {
            return PolicyVerdict.Withhold(WithheldReason.Expired);
        }

        if (facts.IsMessage && PermanentObstacle(now, facts) is var obstacle and not WithheldReason.None)
        {
            return PolicyVerdict.Withhold(obstacle);
        }

        var (at, reason) = (now, WithheldReason.None);
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = at;
            Push(ref at, ref reason, facts.CapFreeAt, WithheldReason.FrequencyCap);
            if (facts.IsMessage)
            {
                Push(ref at, ref reason, facts.OtherCartUntil, WithheldReason.OtherCart);
                Push(ref at, ref reason, facts.NotBefore, WithheldReason.TooSoon);
                Push(ref at, ref reason, facts.IsFirst ? facts.LastActivityAt + _firstMessage : 0, WithheldReason.TooSoon);
                Push(ref at, ref reason, _quiet?.FreeFrom(at, facts.CustomerZone) ?? 0, WithheldReason.QuietHours);
                Push(ref at, ref reason, _business?.OpenFrom(at, facts.StoreZone) ?? 0, WithheldReason.BusinessHours);
            }

            if (at == before)
            {
                break;
            }
        }

        return at == now ? PolicyVerdict.Send
            : at > facts.UsefulUntil ? PolicyVerdict.Withhold(reason)
            : new PolicyVerdict(PolicyAction.Defer, reason, at);
    }

    WithheldReason PermanentObstacle(long now, in ContactFacts facts) =>
        !facts.HasAddress ? WithheldReason.NoAddress
        : facts.IsSuppressed ? WithheldReason.Suppressed
        : facts.Consent is { Granted: false } ? WithheldReason.ConsentDenied
        : facts.Consent is { } consent && consent.ExpiresAt <= now ? WithheldReason.ConsentExpired
        : facts.Consent is null && _isConsentRequired ? WithheldReason.NoConsent
        : WithheldReason.None;

    static void Push(ref long at, ref WithheldReason reason, long until, WithheldReason why)
    {
        if (until > at)
        {
            (at, reason) = (until, why);
        }
    }
}
