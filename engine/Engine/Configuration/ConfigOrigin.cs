using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration;

/// <summary>Where a file says what a configuration holds.</summary>
public sealed class ConfigOrigin
{
    readonly string _file;
    readonly ConfigPlaces _places;

    internal ConfigOrigin(string file, ConfigPlaces places) => (_file, _places) = (file, places);

    /// <summary>Of a configuration that was not read from a file.</summary>
    public static ConfigOrigin None { get; } = new("configuration", new ConfigPlaces());

    /// <summary>Every key that the file gives of the section has a value that could be taken.</summary>
    public bool IsSound(object section) => !_places.AnyFailed(section);

    /// <summary>A problem with a key's value; without the key, with the section that it is missing from.</summary>
    /// <param name="section">An object of the configuration.</param>
    /// <param name="key">The key, as the file writes it.</param>
    /// <param name="message">What is wrong, and what to do.</param>
    public ConfigProblem ProblemOf(object section, string key, string message)
    {
        var at = _places.Of(section, key);
        return new ConfigProblem(_file, at.Line, at.Column, message);
    }

    /// <summary>A problem with a section of a map, like a sink.</summary>
    public ConfigProblem ProblemOfKey(object section, string key, string message)
    {
        var at = _places.OfKey(section, key);
        return new ConfigProblem(_file, at.Line, at.Column, message);
    }

    /// <summary>Locates what a sink's factory found wrong with its settings.</summary>
    /// <param name="name">The sink's name.</param>
    /// <param name="sink">Its section.</param>
    /// <param name="spec">Its type.</param>
    /// <param name="error">What the factory threw.</param>
    public ConfigProblem ProblemOfSink(string name, SinkConfig sink, SinkSpec spec, SinkConfigurationException error)
    {
        var problems = new ConfigProblems(_file);
        new SinkCheck(name, sink, spec, _places, problems).Report(error);
        return problems.Sorted()[0];
    }
}
