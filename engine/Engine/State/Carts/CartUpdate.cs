using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.State.Carts;

/// <summary>How a cart's record is to change.</summary>
enum CartStep
{
    /// <summary>Fold an event in.</summary>
    Fold,

    /// <summary>Make the record writable; the caller changes its timer.</summary>
    Touch,

    /// <summary>Reserve the cart for an intervention, unless the last one is too recent.</summary>
    Claim,

    /// <summary>Record an intervention that was decided before.</summary>
    Claimed,
}

/// <summary>A step and its arguments. Small, because FASTER copies it when the record is on disk.</summary>
struct CartInput
{
    /// <summary>When, in event time.</summary>
    public long At;

    /// <summary>The step.</summary>
    public CartStep Step;

    /// <summary>The event's index in the slab.</summary>
    public int Index;
}

/// <summary>What the steps of a slab share, and the answer to a claim.</summary>
/// <param name="window">At most one intervention per cart in this time, in milliseconds.</param>
/// <param name="currencies">The currency of each store's events that name none.</param>
sealed class CartFoldContext(long window, uint[] currencies)
{
    /// <summary>The slab being folded.</summary>
    public EventSlab Slab = null!;

    /// <summary>The history of the event's customer.</summary>
    public CustomerRecord History;

    /// <summary>Whether the last claim reserved its cart.</summary>
    public bool IsClaimed;

    /// <summary>At most one intervention per cart in this time, in milliseconds.</summary>
    public long Window { get; } = window;

    /// <summary>The currency of a store's events that name none.</summary>
    public uint CurrencyOf(int store) => currencies[store];
}

/// <summary>Changes a cart's record where FASTER keeps it, and nothing else: what follows from the change is for the pipeline's later stages.</summary>
readonly struct CartUpdate(CartFoldContext context) : IRecordUpdate<CartRecord, CartInput>
{
    /// <inheritdoc/>
    public bool MayCreate(in CartInput input) => input.Step == CartStep.Fold;

    /// <inheritdoc/>
    public void Apply(ref CartRecord record, ref CartInput input)
    {
        switch (input.Step)
        {
            case CartStep.Fold:
                Fold(ref record, context.Slab.Records[input.Index]);
                break;
            case CartStep.Claim:
                context.IsClaimed = record.IsFree(input.At, context.Window);
                record.LastInterventionAt = context.IsClaimed ? input.At : record.LastInterventionAt;
                break;
            case CartStep.Claimed:
                record.LastInterventionAt = input.At;
                break;
            case CartStep.Touch:
                break;
        }
    }

    void Fold(ref CartRecord record, in EventRecord e)
    {
        CartFold.Apply(ref record, e, context.Slab, context.CurrencyOf(e.Store));
        if (e.UserLength != 0)
        {
            record.History = context.History;
        }

        CartOwnership.Apply(ref record, e, context.Slab.Source);
    }
}
