namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>What a crash comes into.</summary>
enum CrashKind
{
    /// <summary>After so many acknowledgements of the round.</summary>
    AfterAcks,

    /// <summary>So many milliseconds after the clients began.</summary>
    AfterTime,

    /// <summary>So many milliseconds after the process began: into the recovery.</summary>
    AtStart,

    /// <summary>So many milliseconds after SIGTERM, under load.</summary>
    WhileStopping,

    /// <summary>Not at all: SIGTERM under load, and it may finish.</summary>
    Never,
}

/// <summary>When a round's crash comes.</summary>
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
