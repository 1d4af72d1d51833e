namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Finds the named definitions of a kind. Thread-safe.</summary>
public interface IDefinitions<out T>
    where T : class
{
    /// <summary>Returns a definition; <see langword="null"/> if the store has none of this name.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The name.</param>
    T? Find(string store, string name);
}
