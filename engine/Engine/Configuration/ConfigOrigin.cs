using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration;

/// <summary>Maps a configuration to its locations in the file.</summary>
public sealed class ConfigOrigin
{
    readonly string _file;
    readonly ConfigLocations _locations;

    internal ConfigOrigin(string file, ConfigLocations locations) => (_file, _locations) = (file, locations);

    /// <summary>The origin of a configuration that was not read from a file.</summary>
    public static ConfigOrigin None { get; } = new("configuration", new ConfigLocations());

    /// <summary>The locations.</summary>
    internal ConfigLocations Locations => _locations;

    /// <summary>Returns whether the file sets a key to a valid value or not at all.</summary>
    public bool IsValid(object section, string key) => !_locations.Failed(section, key);

    /// <summary>Creates a problem at a key's value or, if the key is missing, at its section.</summary>
    /// <param name="section">A section of the configuration.</param>
    /// <param name="key">The key, as written in the file.</param>
    /// <param name="message">What is wrong and what to do.</param>
    public ConfigProblem ProblemOf(object section, string key, string message) =>
        ConfigProblem.At(_file, _locations.Of(section, key), message);

    /// <summary>Creates a problem at an entry of a map, such as a sink.</summary>
    public ConfigProblem ProblemOfKey(object section, string key, string message) =>
        ConfigProblem.At(_file, _locations.OfKey(section, key), message);

    /// <summary>Creates a problem at the setting that a sink's factory rejected.</summary>
    /// <param name="name">The sink's name.</param>
    /// <param name="sink">Its section.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="error">The factory's exception.</param>
    public ConfigProblem ProblemOfSink(string name, SinkConfig sink, SinkSpec spec, SinkConfigurationException error)
    {
        var problems = new ConfigProblems(_file);
        new SinkCheck(name, sink, spec, _locations, problems).Report(error);
        return problems.Sorted()[0];
    }
}
