namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Finds the named segments that rules of flags refer to. Thread-safe.</summary>
public interface IFlagSegments
{
    /// <summary>Returns the conditions of a segment, all of which must hold; <see langword="null"/> if the store has no such segment.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The segment.</param>
    IReadOnlyList<FlagCondition>? Find(string store, string name);
}
