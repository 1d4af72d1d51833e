using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>What happens to a cart.</summary>
enum CartStep
{
    /// <summary>An event is folded in.</summary>
    Event,

    /// <summary>Its timer is due.</summary>
    Timer,

    /// <summary>A campaign would step in: may it?</summary>
    Claim,

    /// <summary>A campaign stepped in.</summary>
    Claimed,
}

/// <summary>A step and what belongs to it.</summary>
struct CartInput
{
    /// <summary>The cart.</summary>
    public Hash128 Key;

    /// <summary>When, in event time.</summary>
    public long At;

    public CartStep Step;

    /// <summary>The event's place in the slab.</summary>
    public int Index;
}

/// <summary>Takes the steps in the cart's record, wherever FASTER has it.</summary>
/// <param name="stages">Knows how.</param>
readonly struct CartUpdate(PartitionStages stages) : IRecordUpdate<CartRecord, CartInput>
{
    /// <inheritdoc/>
    public bool MayCreate(in CartInput input) => input.Step == CartStep.Event;

    /// <inheritdoc/>
    public void Apply(ref CartRecord record, ref CartInput input) => stages.Apply(ref record, input);
}
