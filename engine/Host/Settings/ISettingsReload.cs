using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>Puts settings into force through the reload of the configuration file. Thread-safe.</summary>
interface ISettingsReload
{
    /// <summary>Loads the file with an overlay and applies it, or changes nothing. Blocks; one change or reload runs at a time.</summary>
    /// <param name="overlay">Returns the settings and campaigns to apply. Called while no other change runs, so that none is lost.</param>
    /// <param name="record">Stores the change, after everything that can fail was created; if it throws, nothing changes. <see
    /// langword="null"/> for a dry run.</param>
    /// <returns>The differences in the settings in force.</returns>
    /// <exception cref="SettingsException">The settings are invalid, or cannot be applied. Nothing has changed.</exception>
    IReadOnlyList<SettingsChange> Change(Func<SettingsOverlay> overlay, Action? record);

    /// <summary>Loads the file with changes laid over it, and applies nothing. Blocks as <see cref="Change"/> does.</summary>
    /// <param name="overlay">Returns the changes, with campaigns.</param>
    /// <returns>The configuration, which belongs to the caller.</returns>
    /// <exception cref="SettingsException">They are not valid.</exception>
    CartRecoveryConfig Load(Func<SettingsOverlay> overlay);

    /// <summary>Requests a reload. Logs only if it changes anything.</summary>
    void RequestQuietly();
}
