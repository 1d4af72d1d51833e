namespace CartRecovery.Engine.Privacy;

/// <summary>A finished step of an erasure.</summary>
/// <param name="Name">Its name: one of <see cref="Names"/>.</param>
/// <param name="At">When it was finished.</param>
/// <param name="Milliseconds">How long it took, in milliseconds.</param>
/// <param name="Counts">What was found, deleted or rewritten, by name.</param>
public sealed record ErasureStep(string Name, DateTimeOffset At, long Milliseconds, IReadOnlyDictionary<string, long> Counts)
{
    /// <summary>The steps.</summary>
    public const string Find = "find", Partitions = "partitions", Database = "database", DeadLetters = "dead_letters", Scrub = "scrub", Backups = "backups";

    /// <summary>The names of the steps, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [Find, Partitions, Database, DeadLetters, Scrub, Backups];
}
