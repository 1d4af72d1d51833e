using CartRecovery.Engine.Configuration.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>Puts settings into force, by the machinery that reloads the configuration file.</summary>
interface ISettingsReload
{
    /// <summary>Loads the file with changes laid over it, and applies it: all or nothing. Blocks; at most one change or reload runs.</summary>
    /// <param name="overlay">Returns the changes, with campaigns. It runs when no other change does, so that none is lost.</param>
    /// <param name="record">Stores them, once everything that can fail is made; if it throws, nothing changes. <see langword="null"/> to try only.</param>
    /// <returns>What differs in the settings in force.</returns>
    /// <exception cref="SettingsException">They are not valid, or cannot be applied. Nothing has changed.</exception>
    IReadOnlyList<SettingsChange> Change(Func<SettingsOverlay> overlay, Action? record);

    /// <summary>Reloads soon, and says so only if something comes of it.</summary>
    void RequestQuietly();
}
