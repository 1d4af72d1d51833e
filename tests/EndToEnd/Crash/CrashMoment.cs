namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>The phase that a crash interrupts.</summary>
enum CrashKind
{
    /// <summary>After a number of acknowledgements in the round.</summary>
    AfterAcks,

    /// <summary>A number of milliseconds after the clients started.</summary>
    AfterTime,

    /// <summary>A number of milliseconds after the process started, during recovery.</summary>
    AtStart,

    /// <summary>A number of milliseconds after SIGTERM, under load.</summary>
    WhileStopping,

    /// <summary>No crash: SIGTERM under load, followed by a complete shutdown.</summary>
    Never,
}

/// <summary>When to crash in a round.</summary>
readonly record struct CrashMoment(CrashKind Kind, int Number)
{
    public static CrashMoment Choose(Random random) => random.Next(100) switch
    {
        < 40 => new(CrashKind.AfterAcks, random.Next(1, 4000)),
        < 65 => new(CrashKind.AfterTime, random.Next(5, 800)),
        < 80 => new(CrashKind.AtStart, random.Next(0, 500)),
        < 95 => new(CrashKind.WhileStopping, random.Next(0, 200)),
        _ => new(CrashKind.Never, 0),
    };

    public override string ToString() => $"{Kind} {Number}";
}
