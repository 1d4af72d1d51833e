namespace CartRecovery.Engine.Configuration.Learning;

/// <summary>How far a model that the engine trained goes without a person.</summary>
public enum PromotionLimit
{
    /// <summary>It scores as a shadow.</summary>
    Shadow,

    /// <summary>After the shadow, it decides for the canary's first share of the shoppers.</summary>
    Canary,

    /// <summary>The canary is stepped up while its guardrails hold, and becomes the champion.</summary>
    Champion,
}
