namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>What is known of a row's order from one kind of sender.</summary>
struct RowOrder
{
    /// <summary>Whether an order was placed within the horizon.</summary>
    public bool IsPlaced;

    /// <summary>Whether it was placed in the row's session.</summary>
    public bool IsInSession;
}
