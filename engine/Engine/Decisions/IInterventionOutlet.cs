using CartRecovery.Contracts;

namespace CartRecovery.Engine.Decisions;

/// <summary>Where decisions go. Called by the partitions' workers: it must not block.</summary>
public interface IInterventionOutlet
{
    /// <summary>Takes a decision over.</summary>
    /// <param name="intervention">What was decided.</param>
    /// <param name="connectionId">The connection that the cart was last changed on and that may be answered; 0 for none.</param>
    void Deliver(Intervention intervention, long connectionId);
}
