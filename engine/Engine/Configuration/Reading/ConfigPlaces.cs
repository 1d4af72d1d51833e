namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Where the file says what the configuration's objects hold, for the checks that come after binding.</summary>
internal sealed class ConfigPlaces
{
    readonly Dictionary<object, Section> _sections = new(ReferenceEqualityComparer.Instance);

    /// <summary>The object is being bound from this map.</summary>
    public void Set(object section, YamlMap map) => _sections[section] = new Section(map, []);

    /// <summary>The file gives this key of the object, but not with a value that could be taken.</summary>
    public void SetFailed(object section, string key) => _sections[section].Failed.Add(key);

    /// <summary>The object was bound from the file, and is not a default.</summary>
    public bool Knows(object section) => _sections.ContainsKey(section);

    /// <summary>The keys that the file gives of the object, with their values or in vain.</summary>
    public IEnumerable<string> KeysOf(object section) => _sections.TryGetValue(section, out var known) ? known.Map.Entries.Keys : [];

    /// <summary>The file gives this key of the object, with its value or in vain.</summary>
    public bool Has(object section, string key) => _sections.TryGetValue(section, out var known) && known.Map.Entries.ContainsKey(key);

    /// <summary>The file gives this key in vain; the problem is reported, and checks need not add to it.</summary>
    public bool Failed(object section, string key) => _sections.TryGetValue(section, out var known) && known.Failed.Contains(key);

    /// <summary>The file gives some key of the object in vain.</summary>
    public bool AnyFailed(object section) => _sections.TryGetValue(section, out var known) && known.Failed.Count > 0;

    /// <summary>The file gives this key with its value.</summary>
    public bool Bound(object section, string key) => Has(section, key) && !Failed(section, key);

    /// <summary>Where the key's value stands; without the key, where the object begins; without the object, the file's start.</summary>
    public Place Of(object section, string key) =>
        !_sections.TryGetValue(section, out var known) ? Place.Start
        : known.Map.Entries.TryGetValue(key, out var entry) ? entry.Value.At
        : known.Map.At;

    /// <summary>The key's value in the file; <see langword="null"/> where the file does not give it.</summary>
    public YamlItem? ItemOf(object section, string key) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry) ? entry.Value : null;

    /// <summary>Where a character of the key's value stands; where the value begins, if the value is not what the file says.</summary>
    /// <param name="section">The object.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, with environment variables in it.</param>
    /// <param name="offset">The character's place in the value, from 0.</param>
    public Place Within(object section, string key, string value, int offset) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry)
        && entry.Value is YamlText { Source: { } source } text && text.Value == value
            ? source.PlaceOf(offset) : Of(section, key);

    /// <summary>Where the key itself stands.</summary>
    public Place OfKey(object section, string key) =>
        _sections.TryGetValue(section, out var known) && known.Map.Entries.TryGetValue(key, out var entry) ? entry.At : Of(section, key);

    sealed record Section(YamlMap Map, HashSet<string> Failed);
}
