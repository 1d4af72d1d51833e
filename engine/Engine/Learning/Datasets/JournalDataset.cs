using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>Rows of a journal with their labels, in order of time.</summary>
/// <param name="Rows">The rows. Their features are those of <see cref="FeatureTable.Names"/>.</param>
public sealed record JournalDataset(IReadOnlyList<JournalRow> Rows)
{
    /// <summary>Number of rows that were scored, with those that are not in the sample.</summary>
    public long Seen { get; init; }

    /// <summary>Number of rows whose labels are not known yet.</summary>
    public long Immature { get; init; }

    /// <summary>Number of carts that are left out as bots'.</summary>
    public int Bots { get; init; }

    /// <summary>The share of carts in the sample, above 0, at most 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Makes a training set.</summary>
    /// <param name="features">The columns, of <see cref="FeatureTable.Names"/>.</param>
    /// <param name="label">What is to be predicted.</param>
    /// <exception cref="KeyNotFoundException">A feature does not exist.</exception>
    public TrainingSet ToTrainingSet(IReadOnlyList<string> features, DatasetLabel label)
    {
        int[] columns = [.. features.Select(ColumnOf)];
        var values = new float[Rows.Count * columns.Length];
        for (var i = 0; i < Rows.Count; i++)
        {
            for (var f = 0; f < columns.Length; f++)
            {
                values[i * columns.Length + f] = Rows[i].Features[columns[f]];
            }
        }

        return new TrainingSet(features, values, [.. Rows.Select(row => LabelOf(row, label) ? (byte)1 : (byte)0)],
            [.. Rows.Select(row => row.Group)], [.. Rows.Select(row => row.At)]);
    }

    /// <summary>Returns the label of a row.</summary>
    public static bool LabelOf(JournalRow row, DatasetLabel label) => label switch
    {
        DatasetLabel.PurchasedInSession => row.PurchasedInSession,
        DatasetLabel.Purchased => row.Purchased,
        _ => row.Value > 0,
    };

    static int ColumnOf(string feature)
    {
        for (var i = 0; i < FeatureTable.Names.Count; i++)
        {
            if (FeatureTable.Names[i] == feature)
            {
                return i;
            }
        }

        throw new KeyNotFoundException($"Unknown feature '{feature}'.");
    }
}
