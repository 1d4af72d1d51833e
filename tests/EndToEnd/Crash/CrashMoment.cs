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
    /// <summary>Chooses each kind once in the first rounds, then at random.</summary>
    public static CrashMoment Choose(Random random, int round) => Of(random, round <= (int)CrashKind.Never + 1 ? (CrashKind)(round - 1) : random.Next(100) switch
    {
        < 40 => CrashKind.AfterAcks,
        < 65 => CrashKind.AfterTime,
        < 80 => CrashKind.AtStart,
        < 95 => CrashKind.WhileStopping,
        _ => CrashKind.Never,
    });

    static CrashMoment Of(Random random, CrashKind kind) => new(kind, kind switch
    {
        CrashKind.AfterAcks => random.Next(1, 4000),
        CrashKind.AfterTime => random.Next(5, 800),
        CrashKind.AtStart => random.Next(0, 500),
        CrashKind.WhileStopping => random.Next(0, 200),
        _ => 0,
    });

    public override string ToString() => $"{Kind} {Number}";
}
