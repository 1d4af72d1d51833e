using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>
/// When a message may go out, if at all: a pure function of what is known. It is asked when a message is planned and again at the moment of sending.
/// What is in the way only for a time makes the message wait, as long as it is of use by then; the reason is that of the longest wait.
/// </summary>
public sealed class ContactPolicy
{
    // Each rule can push into another one's time: quiet hours into a day without business, and so on. It settles within days.
    const int MostRounds = 32;

    readonly bool _isConsentRequired;
    readonly long _firstMessage;
    readonly QuietHours? _quiet;
    readonly BusinessHours? _business;

    /// <summary>The policy of a configuration.</summary>
    public ContactPolicy(ContactConfig config)
    {
        _isConsentRequired = config.Consent == ConsentRule.Required;
        _firstMessage = (long)config.FirstMessage.Value.TotalMilliseconds;
        _quiet = config.QuietHours is { } quiet && quiet.From != quiet.To ? new QuietHours(quiet.From.Value, quiet.To.Value) : null;
        _business = config.BusinessHours is { } hours
            ? new BusinessHours(hours.Days.Aggregate(0, (days, day) => days | (1 << (int)day)), hours.From.Value, hours.To.Value) : null;
    }

    /// <summary>What is to become of a message now.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <param name="facts">What is known.</param>
    public PolicyVerdict Check(long now, in ContactFacts facts)
    {
        if (now > facts.UsefulUntil)
        {
            return PolicyVerdict.Withhold(WithheldReason.Expired);
        }

        if (facts.IsMessage && Refusal(now, facts) is var refusal and not WithheldReason.None)
        {
            return PolicyVerdict.Withhold(refusal);
        }

        var (at, reason) = (now, WithheldReason.None);
        for (var round = 0; round < MostRounds; round++)
        {
            var before = at;
            Push(ref at, ref reason, facts.CapFreeAt, WithheldReason.FrequencyCap);
            if (facts.IsMessage)
            {
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
            : new PolicyVerdict(PolicyAction.Wait, reason, at);
    }

    WithheldReason Refusal(long now, in ContactFacts facts) =>
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

/// <summary>What is known of a message and its customer. Times are milliseconds since 1970 UTC.</summary>
public readonly record struct ContactFacts
{
    /// <summary>It goes to a person by e-mail, SMS or push; else only caps and its use count.</summary>
    public required bool IsMessage { get; init; }

    /// <summary>Afterwards it is of no use.</summary>
    public required long UsefulUntil { get; init; }

    /// <summary>The shop told an address for the channel.</summary>
    public bool HasAddress { get; init; }

    /// <summary>The address takes no more.</summary>
    public bool IsSuppressed { get; init; }

    /// <summary>What the customer said last about the channel; <see langword="null"/> for nothing.</summary>
    public Consent? Consent { get; init; }

    /// <summary>It is the first message of its series.</summary>
    public bool IsFirst { get; init; }

    /// <summary>When the shopper last did something in the cart.</summary>
    public long LastActivityAt { get; init; }

    /// <summary>Its step's wait, counted from the latest activity, is over.</summary>
    public long NotBefore { get; init; }

    /// <summary>When there is room for it under all caps; 0 for now.</summary>
    public long CapFreeAt { get; init; }

    /// <summary>The customer's zone, or the store's where that is not known.</summary>
    public required TimeZoneInfo CustomerZone { get; init; }

    /// <summary>The store's zone.</summary>
    public required TimeZoneInfo StoreZone { get; init; }
}

/// <summary>What a customer said about a channel.</summary>
/// <param name="Granted">Yes or no.</param>
/// <param name="ExpiresAt">When a yes is too old: milliseconds since 1970 UTC.</param>
public readonly record struct Consent(bool Granted, long ExpiresAt);

/// <summary>What is to become of a message.</summary>
public enum PolicyAction
{
    /// <summary>It may go out now.</summary>
    Send,

    /// <summary>It may go out later.</summary>
    Wait,

    /// <summary>It must not go out.</summary>
    Withhold,
}

/// <summary>What the policy says of a message.</summary>
/// <param name="Action">What is to become of it.</param>
/// <param name="Reason">Why it waits or is withheld.</param>
/// <param name="Until">When to ask again: milliseconds since 1970 UTC.</param>
public readonly record struct PolicyVerdict(PolicyAction Action, WithheldReason Reason = WithheldReason.None, long Until = 0)
{
    /// <summary>It may go out now.</summary>
    public static PolicyVerdict Send => default;

    /// <summary>It must not go out.</summary>
    public static PolicyVerdict Withhold(WithheldReason reason) => new(PolicyAction.Withhold, reason);
}
