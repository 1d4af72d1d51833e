namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Where a partition's decisions go, and the facts that matter beyond its carts, once they are durable. A partition hands over what it has in the
/// order of its journal; after a crash it hands over again what had not been settled or noted.
/// </summary>
public interface IDecisionConsumer
{
    /// <summary>It wants facts. Asked once.</summary>
    bool TakesCustomerEvents => false;

    /// <summary>Takes a decision over. It may be the same one again.</summary>
    void Deliver(Decision decision);

    /// <summary>Takes a fact over. It may be the same one again.</summary>
    void Consume(CustomerEvent fact)
    {
    }

    /// <summary>Does something when what was handed over before has been seen to.</summary>
    void Afterwards(Action then) => then();

    /// <summary>Everything of a partition's journal up to an address has been handed over.</summary>
    void Advance(int partition, long address)
    {
    }

    /// <summary>How far a partition's facts are kept for good: an address of its journal. Facts behind it are handed over again after a crash, so
    /// that the journal must not be let go of before.</summary>
    long PersistedUpTo(int partition) => long.MaxValue;
}
