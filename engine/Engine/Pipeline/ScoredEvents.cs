namespace CartRecovery.Engine.Pipeline;

/// <summary>The events that are scored.</summary>
public enum ScoredEvents
{
    /// <summary>Every event.</summary>
    All,

    /// <summary>Events that change a cart's contents or checkout, and campaigns' triggers.</summary>
    Cart,
}
