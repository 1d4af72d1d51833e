namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Maps the configuration's objects to their locations in the file, for checks after binding.</summary>
sealed class ConfigLocations
{
    readonly Dictionary<object, Section> _sections = new(ReferenceEqualityComparer.Instance);

    /// <summary>Records the map from which an object is bound.</summary>
    public void Set(object section, YamlMap map) => _sections[section] = new Section(map, []);

    /// <summary>Records that the file gives a key an invalid value.</summary>
    public void SetFailed(object section, string key) => _sections[section].Failed.Add(key);

    /// <summary>Returns whether the object was bound from the file rather than being a default.</summary>
    public bool Knows(object section) => _sections.ContainsKey(section);

    /// <summary>Returns the keys that the file sets, with valid or invalid values.</summary>
    public IEnumerable<string> KeysOf(object section) => _sections.TryGetValue(section, out var known) ? known.Map.Entries.Keys : [];

    /// <summary>Returns whether the file sets a key, with a valid or an invalid value.</summary>
    public bool Has(object section, string key) => _sections.TryGetValue(section, out var known) && known.Map.Entries.ContainsKey(key);

    /// <summary>Returns whether a key's value is invalid, which has been reported, so that checks need not report it again.</summary>
    public bool Failed(object section, string key) => _sections.TryGetValue(section, out var known) && known.Failed.Contains(key);

    /// <summary>Returns whether the file sets a key to a valid value.</summary>
    public bool Bound(object section, string key) => Has(section, key) && !Failed(section, key);

    /// <summary>
    /// Returns the location of a key's value; if it is missing, of the object; if that is missing, the start of the file.
    /// </summary>
    public SourceLocation Of(object section, string key) =>
        !_sections.TryGetValue(section, out var known) ? SourceLocation.Start
        : known.Map.Entries.TryGetValue(key, out var entry) ? entry.Value.At
        : known.Map.At;

    /// <summary>Returns a key's value in the file; <see langword="null"/> if the file does not set it.</summary>
    public YamlItem? ItemOf(object section, string key) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry) ? entry.Value : null;

    /// <summary>Returns the location of a character in a key's value; the start of the value if it differs from the file's text.</summary>
    /// <param name="section">The object.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, with environment variables expanded.</param>
    /// <param name="offset">The character's offset in the value, from 0.</param>
    public SourceLocation Within(object section, string key, string value, int offset) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry)
        && entry.Value is YamlText { Source: { } source } text && text.Value == value
            ? source.LocationOf(offset) : Of(section, key);

    /// <summary>Returns the location of the key itself.</summary>
    public SourceLocation OfKey(object section, string key) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry) ? entry.At : Of(section, key);

    sealed record Section(YamlMap Map, HashSet<string> Failed);
}
