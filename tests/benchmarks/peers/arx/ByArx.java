import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.deidentifier.arx.ARXAnonymizer;
import org.deidentifier.arx.ARXConfiguration;
import org.deidentifier.arx.ARXResult;
import org.deidentifier.arx.AttributeType;
import org.deidentifier.arx.AttributeType.Hierarchy;
import org.deidentifier.arx.Data;
import org.deidentifier.arx.DataHandle;
import org.deidentifier.arx.criteria.KAnonymity;
import org.deidentifier.arx.metric.Metric;

/**
 * What a user of ARX would write: k-anonymity with the least loss, CSV to CSV.
 *
 * Arguments: data, prefix of the hierarchies' files, columns (by comma), k, suppression limit, output; then, for
 * local recoding, the limit of its rounds (.99: each may suppress so much of what is left).
 */
public final class ByArx {

    public static void main(String[] given) throws Exception {
        List<String> columns = Arrays.asList(given[2].split(","));
        Data data = Data.create(new File(given[0]), StandardCharsets.UTF_8, ';');
        String[] header;
        try (BufferedReader lines = Files.newBufferedReader(new File(given[0]).toPath())) {
            header = lines.readLine().split(";");
        }
        for (String column : header) {
            data.getDefinition().setAttributeType(column, AttributeType.IDENTIFYING_ATTRIBUTE);
        }
        for (String column : columns) {
            File file = new File(given[1] + column + ".csv");
            data.getDefinition().setAttributeType(column, Hierarchy.create(file, StandardCharsets.UTF_8, ';'));
        }
        boolean local = given.length > 6;
        ARXConfiguration wanted = ARXConfiguration.create();
        wanted.addPrivacyModel(new KAnonymity(Integer.parseInt(given[3])));
        wanted.setSuppressionLimit(Double.parseDouble(local ? given[6] : given[4]));
        // Weight 0 of suppression: each round begins from nearly raw values, and the next takes what it suppressed.
        wanted.setQualityModel(local ? Metric.createLossMetric(0d) : Metric.createLossMetric());
        ARXResult result = new ARXAnonymizer().anonymize(data, wanted);
        DataHandle output = result.getOutput(false);
        if (local) {
            result.optimizeIterativeFast(output, 1d - Double.parseDouble(given[6]));
        }
        output.save(new File(given[5]), ';');
        if (local) {  // who asks for the optimum knows what it loses
            int out = 0;
            for (int row = 0; row < output.getNumRows(); row++) {
                out += output.isOutlier(row) ? 1 : 0;
            }
            double product = 1;
            for (String column : columns) {
                product *= 2 - output.getStatistics().getQualityStatistics().getGranularity().getValue(column);
            }
            System.err.printf("suppressed %d, loss %.4f%n", out, Math.pow(product, 1d / columns.size()) - 1);
        }
    }
}
