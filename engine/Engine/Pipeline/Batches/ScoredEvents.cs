namespace CartRecovery.Engine.Pipeline.Batches;

/// <summary>Selects the events that are scored.</summary>
public enum ScoredEvents
{
    /// <summary>Every event.</summary>
    All,

    /// <summary>Events that change a cart's contents or checkout, and campaign triggers.</summary>
    Cart,
}
