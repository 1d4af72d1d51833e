namespace CartRecovery.Engine.State.Carts;

/// <summary>A change and its arguments. Small, because FASTER copies it if the record is on disk.</summary>
struct CartInput
{
    /// <summary>The time, in event time: of a fold the partition's, of a claim and a release the decision's.</summary>
    public long At;

    /// <summary>The step.</summary>
    public CartStep Step;

    /// <summary>The index of the event in the slab; of a conditional intervention and a release, the campaign's place.</summary>
    public int Index;
}
