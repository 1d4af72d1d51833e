namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>The inputs of a check. Times are milliseconds since 1970 UTC.</summary>
public readonly record struct ContactFacts
{
    /// <summary><see langword="true"/> for a message to a person by e-mail, SMS or push; otherwise only caps and expiry apply.</summary>
    public required bool IsMessage { get; init; }

    /// <summary>When the message expires.</summary>
    public required long UsefulUntil { get; init; }

    /// <summary><see langword="true"/> if there is an address for the channel.</summary>
    public bool HasAddress { get; init; }

    /// <summary><see langword="true"/> if the address is on the suppression list.</summary>
    public bool IsSuppressed { get; init; }

    /// <summary>The customer's latest consent for the channel; <see langword="null"/> for none.</summary>
    public Consent? Consent { get; init; }

    /// <summary><see langword="true"/> for the first message of its series.</summary>
    public bool IsFirst { get; init; }

    /// <summary>The shopper's last activity in the cart.</summary>
    public long LastActivityAt { get; init; }

    /// <summary>Earliest time by the step's wait, counted from the last activity.</summary>
    public long NotBefore { get; init; }

    /// <summary>When every cap has room; 0 for now.</summary>
    public long CapFreeAt { get; init; }

    /// <summary>Until when another cart's reminder comes first: see <see cref="ReminderPriority"/>; 0 for now.</summary>
    public long OtherCartUntil { get; init; }

    /// <summary>The customer's time zone, or the store's if unknown.</summary>
    public required TimeZoneInfo CustomerZone { get; init; }

    /// <summary>The store's time zone.</summary>
    public required TimeZoneInfo StoreZone { get; init; }
}
