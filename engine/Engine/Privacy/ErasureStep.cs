namespace CartRecovery.Engine.Privacy;

/// <summary>A finished step of an erasure.</summary>
/// <param name="Name">The step: one of <see cref="Names"/>.</param>
/// <param name="At">When it was finished.</param>
/// <param name="Milliseconds">The duration, in milliseconds.</param>
/// <param name="Counts">Numbers of found, deleted or rewritten items, by name.</param>
public sealed record ErasureStep(string Name, DateTimeOffset At, long Milliseconds, IReadOnlyDictionary<string, long> Counts)
{
    /// <summary>The name of a step.</summary>
    public const string Find = "find", Partitions = "partitions", Database = "database", DeadLetters = "dead_letters", Archive = "archive", Scrub = "scrub", Backups = "backups";

    /// <summary>The names of the steps that need the person's identity, in order.</summary>
    public static IReadOnlyList<string> OfPerson { get; } = [Find, Partitions, Database, DeadLetters, Archive, Scrub];

    /// <summary>The names of the steps, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. OfPerson, Backups];
}
