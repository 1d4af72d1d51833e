namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>A bounded queue from one partition to the thread that judges models.</summary>
interface IModelFeed
{
    /// <summary>Whether nothing more comes. Read before <see cref="Waiting"/>: what was published before the end is then seen.</summary>
    bool IsClosed { get; }

    /// <summary>Items dropped because the queue was full.</summary>
    long Dropped { get; }

    /// <summary>Items that wait.</summary>
    int Waiting { get; }
}
