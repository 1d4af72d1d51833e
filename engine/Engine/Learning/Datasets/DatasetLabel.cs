namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>What a model is to predict.</summary>
public enum DatasetLabel
{
    /// <summary>A purchase of the cart later in the session.</summary>
    PurchasedInSession,

    /// <summary>A purchase of the cart within the horizon.</summary>
    Purchased,

    /// <summary>Orders of a positive net value within the horizon, as servers reported them.</summary>
    Recovered,
}
