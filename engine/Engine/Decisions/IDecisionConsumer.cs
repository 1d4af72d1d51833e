namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Consumes a partition's decisions and customer events once they are durable, in journal order. After a crash, whatever was not persisted
/// is handed over again.
/// </summary>
public interface IDecisionConsumer
{
    /// <summary><see langword="true"/> if the consumer takes customer events. Read once.</summary>
    bool AcceptsCustomerEvents => false;

    /// <summary>Consumes a decision. May receive the same decision again.</summary>
    void Deliver(Decision decision);

    /// <summary>Consumes a customer event. May receive the same event again.</summary>
    void Consume(CustomerEvent customerEvent)
    {
    }

    /// <summary>Runs an action once everything handed over before has been processed.</summary>
    void OnProcessed(Action then) => then();

    /// <summary>Reports that the partition's journal has been handed over up to an address.</summary>
    void Advance(int partition, long address)
    {
    }

    /// <summary>
    /// Returns the journal address up to which a partition's customer events are persisted. Later ones are handed over again after a crash,
    /// so the journal must keep them.
    /// </summary>
    long PersistedUpTo(int partition) => long.MaxValue;
}
