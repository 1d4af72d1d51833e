namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The named segments that rules of flags may refer to.</summary>
public interface IFlagSegments
{
    /// <summary>Returns the conditions of a segment, which must all hold; <see langword="null"/> if the store has no such segment. Any thread.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The segment.</param>
    IReadOnlyList<FlagCondition>? Find(string store, string name);
}
