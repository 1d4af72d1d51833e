using System.Globalization;

namespace CartRecovery.Engine.State;

/// <summary>Thrown if records were written by a later version.</summary>
public sealed class StoreShapeException(string message) : Exception(message);

/// <summary>
/// Describes what the files of a checkpoint depend on, so that they are not misread: a text file <c>store.info</c> of one value a line.
/// </summary>
/// <param name="Token">FASTER's name of the checkpoint.</param>
/// <param name="Shape">The number of the records' layout.</param>
/// <param name="RecordBytes">Size of a record.</param>
/// <param name="PageBits">A page of the log has 2 to this power bytes.</param>
/// <param name="SegmentBits">A file of the log has 2 to this power bytes.</param>
/// <param name="SerialNumber">The caller's number.</param>
readonly record struct StoreLayout(Guid Token, int Shape, int RecordBytes, int PageBits, int SegmentBits, long SerialNumber)
{
    // The first kind of file had no shape; its records were those of format 3 of the data folder.
    const int FirstShape = 3;
    const string FirstKind = "cartrecovery records 1";
    const string Kind = "cartrecovery records 2";

    public void Write(string folder) => File.WriteAllText(
        Path.Combine(folder, "store.info"),
        string.Create(CultureInfo.InvariantCulture, $"{Kind}\n{Token}\n{Shape}\n{RecordBytes}\n{PageBits}\n{SegmentBits}\n{SerialNumber}\n"));

    /// <exception cref="InvalidDataException">The file is not a valid description.</exception>
    /// <exception cref="StoreShapeException">The records' shape is later than <paramref name="latestShape"/>.</exception>
    public static StoreLayout Read(string folder, int latestShape)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, "store.info"));
        var layout = lines switch
        {
            [FirstKind, var token, var record, var page, var segment, var serial] => Parse(token, $"{FirstShape}", record, page, segment, serial),
            [Kind, var token, var shape, var record, var page, var segment, var serial] => Parse(token, shape, record, page, segment, serial),
            _ => null,
        };
        if (layout is not { } found)
        {
            throw new InvalidDataException($"{folder} holds records in a format unknown to this version");
        }

        return found.Shape <= latestShape ? found : throw new StoreShapeException(
            $"{folder} holds records of shape {found.Shape}, written by a later version (this version knows shapes up to {latestShape}); nothing was changed. "
            + "Run the version that wrote them");
    }

    static StoreLayout? Parse(string token, string shape, string record, string page, string segment, string serial) =>
        Guid.TryParse(token, out var guid)
        && int.TryParse(shape, CultureInfo.InvariantCulture, out var number)
        && int.TryParse(record, CultureInfo.InvariantCulture, out var recordBytes)
        && int.TryParse(page, CultureInfo.InvariantCulture, out var pageBits)
        && int.TryParse(segment, CultureInfo.InvariantCulture, out var segmentBits)
        && long.TryParse(serial, CultureInfo.InvariantCulture, out var serialNumber)
            ? new StoreLayout(guid, number, recordBytes, pageBits, segmentBits, serialNumber)
            : null;
}
